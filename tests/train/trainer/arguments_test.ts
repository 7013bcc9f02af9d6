/** Arguments of a training: their defaults, and every wrong one by its name. */

import assert from "node:assert/strict";
import { type Dataset, Trainer, type TrainerOptions, type TrainingArguments } from "../../../mod.ts";
import { SCHEDULES } from "../../../src/train/schedules.ts";
import { resolveArguments } from "../../../src/train/trainer/arguments.ts";
import { SINGLE } from "../helpers.ts";
import { KINDS, TASKS, tokenizer, WORDS } from "./trainers.ts";

const METRICS = ["loss", "accuracy", "mse"];

function resolve(
  args: Record<string, unknown>,
  metrics: readonly string[] | null = METRICS,
  task: "mlm" | "tag" = "tag",
) {
  return resolveArguments({ output_dir: "out", ...args } as TrainingArguments, { task, metrics });
}

Deno.test("the defaults are Hugging Face's, but for those that say otherwise", () => {
  assert.deepEqual(resolve({}), {
    output_dir: "out",
    learning_rate: 5e-5,
    per_device_train_batch_size: 32,
    per_device_eval_batch_size: 64,
    gradient_accumulation_steps: 1,
    num_train_epochs: 3,
    max_steps: -1,
    lr_scheduler_type: "linear",
    warmup_ratio: 0,
    warmup_steps: 0,
    weight_decay: 0.01,
    adam_beta1: 0.9,
    adam_beta2: 0.999,
    adam_epsilon: 1e-8,
    max_grad_norm: 1,
    label_smoothing_factor: 0,
    gradient_checkpointing: false,
    seed: 42,
    logging_steps: 50,
    eval_strategy: "epoch",
    eval_steps: 50,
    save_strategy: "epoch",
    save_steps: 500,
    save_total_limit: 2,
    load_best_model_at_end: false,
    metric_for_best_model: "loss",
    greater_is_better: false,
    early_stopping_patience: 0,
    early_stopping_threshold: 0,
  });
  const { learning_rate, warmup_ratio, eval_strategy } = resolve({}, null, "mlm");
  assert.deepEqual([learning_rate, warmup_ratio, eval_strategy], [5e-4, 0.02, "no"]);
  assert.equal(resolve({ logging_steps: 7 }).eval_steps, 7);
  assert.equal(resolve({ learning_rate: undefined }).learning_rate, 5e-5);
  assert.equal(resolve({ metric_for_best_model: "eval_accuracy" }).metric_for_best_model, "accuracy");
});

Deno.test("more is better, but of losses and errors", () => {
  for (const task of TASKS) {
    const data = task.data(12);
    const metrics = ["loss", "perplexity", "accuracy", "f1", "pearson", "mse", "mae", "calibration_error"];
    const better = metrics.map((metric_for_best_model) =>
      resolveArguments({ output_dir: "out", metric_for_best_model }, { task: data.task, metrics }).greater_is_better
    );
    assert.deepEqual(better, [false, false, true, true, true, false, false, false]);
  }
  assert.equal(resolve({ metric_for_best_model: "mse", greater_is_better: true }).greater_is_better, true);
});

const WHOLE = ["a whole number from 1", [0, -1, 1.5, NaN, 2 ** 60]] as const;
const FROM_0 = ["a finite number from 0", [-1e-9, NaN, Infinity]] as const;
const BELOW_1 = ["from 0 to less than 1", [1, -0.1, NaN]] as const;
const INTERVAL = ["one of no, steps, epoch", ["always", ""]] as const;

/** What each argument must be, and values out of range. */
const WRONG: Readonly<Record<keyof TrainingArguments, readonly [string, readonly unknown[]]>> = {
  output_dir: ["a path or URL of a folder", [""]],
  learning_rate: FROM_0,
  per_device_train_batch_size: WHOLE,
  per_device_eval_batch_size: WHOLE,
  gradient_accumulation_steps: WHOLE,
  num_train_epochs: ["a positive number", [0, -1, NaN, Infinity]],
  max_steps: ["a whole number from 1, or -1", [0, -2, 1.5, NaN, Infinity]],
  lr_scheduler_type: [`one of ${SCHEDULES.join(", ")}`, ["cubic", "toString"]],
  warmup_ratio: ["from 0 to 1", [-0.1, 1.1, NaN]],
  warmup_steps: ["a whole number from 0", [-1, 0.5, NaN]],
  weight_decay: FROM_0,
  adam_beta1: BELOW_1,
  adam_beta2: BELOW_1,
  adam_epsilon: ["a positive number", [0, -1e-8, NaN, Infinity]],
  max_grad_norm: FROM_0,
  label_smoothing_factor: BELOW_1,
  dropout: ["from 0 to 1", [1.1, -0.1, NaN]],
  gradient_checkpointing: ["true or false", []],
  seed: ["a whole number from 0 below 2^32", [-1, 0.5, 2 ** 32, NaN]],
  logging_steps: WHOLE,
  eval_strategy: INTERVAL,
  eval_steps: WHOLE,
  save_strategy: INTERVAL,
  save_steps: WHOLE,
  save_total_limit: WHOLE,
  load_best_model_at_end: ["true or false", []],
  metric_for_best_model: ["the name of a number of the evaluation", [""]],
  greater_is_better: ["true or false", []],
  early_stopping_patience: ["a whole number from 0", [-1, 0.5, NaN]],
  early_stopping_threshold: FROM_0,
};

Deno.test("every wrong argument is refused by its name", () => {
  const shown = (value: unknown) =>
    typeof value === "string" ? JSON.stringify(value) : Array.isArray(value) ? "a list" : String(value);
  for (const [name, [must, values]] of Object.entries(WRONG)) {
    const message = (value: unknown) => `Cannot train: ${name} must be ${must}, got ${shown(value)}`;
    for (const value of values) {
      assert.throws(() => resolve({ [name]: value }), { name: "RangeError", message: message(value) });
    }
    for (const value of [null, ["1"], must.includes("number from") || must.includes("from 0") ? "1" : 1n]) {
      assert.throws(() => resolve({ [name]: value }), { name: "TypeError", message: message(value) });
    }
  }
  assert.throws(() => resolve({ lr: 1 }), {
    name: "TypeError",
    message: `Cannot train: there is no option "lr"; options are ${Object.keys(WRONG).join(", ")}`,
  });
  assert.throws(() => resolve({ output_dir: undefined }), {
    name: "TypeError",
    message: "Cannot train: output_dir must be given, got none",
  });
  for (const args of [undefined, null, 5]) {
    assert.throws(() => resolveArguments(args as unknown as TrainingArguments, { task: "tag", metrics: null }), {
      name: "TypeError",
      message: `Cannot train: arguments must be an object with output_dir, got ${args}`,
    });
  }
});

Deno.test("arguments that do not go together are refused", () => {
  const refused: [Record<string, unknown>, readonly string[] | null, string][] = [
    [{ eval_strategy: "steps" }, null, 'eval_strategy "steps" needs data for the evaluation, got none'],
    [{ early_stopping_patience: 1 }, null, "early_stopping_patience needs an evaluation, got none"],
    [
      { early_stopping_patience: 1, eval_strategy: "no" },
      METRICS,
      "early_stopping_patience needs an evaluation, got none",
    ],
    [{ load_best_model_at_end: true }, null, "load_best_model_at_end needs an evaluation, got none"],
    [
      { metric_for_best_model: "f1" },
      METRICS,
      'metric_for_best_model must be a number of the evaluation, one of loss, accuracy, mse, got "f1"',
    ],
  ];
  for (const [args, metrics, message] of refused) {
    assert.throws(() => resolve(args, metrics), { name: "RangeError", message: `Cannot train: ${message}` });
  }
  assert.throws(() => resolve({ lr_scheduler_type: "polynomial", learning_rate: 1e-8 }), {
    name: "RangeError",
    message: "Cannot make a schedule: lr_end must be a number from 0 and below lr 1e-8, got 1e-7",
  });
});

Deno.test("what a trainer is made with is checked before anything is read", async () => {
  const train_dataset = KINDS.data(6);
  using model = await KINDS.model(train_dataset);
  using three = await SINGLE.make();
  using words = await WORDS.model(WORDS.data(4));
  using regression = await KINDS.model(train_dataset, { problem_type: "regression" });
  const good = { model, tokenizer, train_dataset, args: { output_dir: "out" } };
  const other = (labels: string[]): Dataset => KINDS.data(6, { labels });
  const refused: [Partial<Record<keyof TrainerOptions | "trainer", unknown>>, string, string][] = [
    [
      { trainer: 1 },
      "TypeError",
      'there is no option "trainer"; options are model, tokenizer, args, train_dataset, ' +
      "eval_dataset, teacher, optimizer, data, class_weights, onProgress, signal",
    ],
    [{ model: {} }, "TypeError", "model must be a model of this library, got an object"],
    [{ model: undefined }, "TypeError", "model must be a model of this library, got undefined"],
    [{ tokenizer: "out" }, "TypeError", "tokenizer must be a tokenizer of this library, got a string"],
    [{ train_dataset: [] }, "TypeError", "train_dataset must be what openDataset or datasetOf gives, got an array"],
    [{ eval_dataset: [] }, "TypeError", "eval_dataset must be what openDataset or datasetOf gives, got an array"],
    [{ model: words }, "TypeError", 'train_dataset is for "classify", which a NarrowBertForMaskedLM does not learn'],
    [
      { eval_dataset: WORDS.data(6) },
      "TypeError",
      'eval_dataset is for "mlm", which a NarrowBertForSequenceClassification does not learn',
    ],
    [
      { model: three },
      "RangeError",
      "train_dataset must have the labels of the model: it has 2 labels, the model has 3",
    ],
    [
      { eval_dataset: other(["animal", "tool", "third"]) },
      "RangeError",
      "eval_dataset must have the labels of the model: it has 3 labels, the model has 2",
    ],
    [
      { eval_dataset: other(["tool", "animal"]) },
      "RangeError",
      'eval_dataset must have the labels of the model:\n  - label 0 is "tool", the model\'s is "animal"' +
      '\n  - label 1 is "animal", the model\'s is "tool"',
    ],
    [
      { model: regression },
      "TypeError",
      "the problem_type of train_dataset must be regression, as that of the model's config, got " +
      "single_label_classification",
    ],
    [
      { model: regression, train_dataset: TASKS.find(({ name }) => name === "regression")!.data(6) },
      "RangeError",
      "a model of train_dataset must have one label, as it is one number, got 2",
    ],
    [{ args: { output_dir: "out", seed: -1 } }, "RangeError", "seed must be a whole number from 0 below 2^32, got -1"],
  ];
  for (const [options, name, message] of refused) {
    assert.throws(() => new Trainer({ ...good, ...options } as TrainerOptions), {
      name,
      message: `Cannot train: ${message}`,
    });
  }
  assert.throws(() => new Trainer({ ...good, data: { max_seq_length: 25 } }), {
    name: "RangeError",
    message: "Cannot read training data: max_seq_length must be a whole number from 5 to 24, the positions of the " +
      "model, got 25",
  });
  assert.throws(() => new Trainer({ ...good, data: { pack_texts: true } }), {
    name: "TypeError",
    message: 'Cannot read training data: there is no option "pack_texts"; options are tokenizer, model, ' +
      "max_seq_length, seed, per_device_train_batch_size, max_batch_tokens, shuffle_buffer_size",
  });
  const choices = TASKS.find(({ name }) => name === "choose")!;
  using chooser = await choices.model(choices.data(4));
  for (
    const task of [{ model: words, train_dataset: WORDS.data(4) }, { model: chooser, train_dataset: choices.data(4) }]
  ) {
    assert.throws(() => new Trainer({ ...good, ...task, class_weights: "balanced" }), {
      name: "TypeError",
      message:
        `Cannot balance class_weights: data for "${task.train_dataset.task}" have no classes of which one is right`,
    });
  }
  assert.equal(new Trainer(good).state, null);
  assert.throws(() => new Trainer(good).report("none"), /^Error: Cannot report: nothing was trained yet$/);
});

Deno.test("the table of the guide has every argument with its default", async () => {
  const guide = await Deno.readTextFile(new URL("../../../docs/training.md", import.meta.url));
  const table = guide.slice(guide.indexOf("| argument "), guide.indexOf("Besides, a trainer takes"));
  const rows = table.trim().split("\n").slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const found = new Map(rows.flatMap(([names, , text]) => {
    const all = names!.replaceAll("`", "").split(", ");
    const defaults = all.length > 1 ? text!.replaceAll("`", "").split(/[;,] /) : [text!.replaceAll("`", "")];
    assert.equal(all.length, defaults.length, names);
    return all.map((name, i) => [name, defaults[i]!] as const);
  }));
  assert.deepEqual([...found.keys()].sort(), Object.keys(WRONG).sort());
  const args: Record<string, unknown> = { ...resolve({}), greater_is_better: true }; // but for losses and errors
  const values = new Map(Object.entries({ ...args, eval_steps: "logging_steps", dropout: "those", output_dir: "" }));
  for (const [name, text] of found) {
    const [first] = text.split(" ");
    const value = values.get(name);
    assert.equal(
      typeof value === "number" ? Number(first) : first,
      typeof value === "number" ? value : `${value}`,
      name,
    );
  }
});
