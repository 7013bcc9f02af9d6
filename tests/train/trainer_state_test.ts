/** `trainer_state.json` against files that Transformers wrote, as `tools/metrics/golden.py` asked it to. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { addLog, newTrainerState, parseTrainerState, type TrainerState, trainerStateText } from "../../mod.ts";
import { parsePythonJson, pythonFloat, pythonJson } from "../../src/train/trainer_state/python_json.ts";
import FLOATS from "../golden/metrics/floats.json" with { type: "json" };
import { fc } from "../deps.ts";

const golden = (name: string) => readFile(new URL(`../golden/metrics/${name}.json`, import.meta.url), "utf8");

Deno.test("a state is written byte for byte as Transformers writes it", async () => {
  const state = newTrainerState({
    train_batch_size: 16,
    max_steps: 40,
    num_train_epochs: 2,
    logging_steps: 10,
    eval_steps: 20,
    save_steps: 20,
    num_input_tokens_seen: 123456,
    total_flos: 1.5e16,
    best_metric: 1,
    best_global_step: 20,
    best_model_checkpoint: "out/é 模型/checkpoint-20",
    stateful_callbacks: {
      EarlyStoppingCallback: {
        args: { early_stopping_patience: 3, early_stopping_threshold: 0 },
        attributes: { early_stopping_patience_counter: 0 },
      },
      TrainerControl: {
        args: {
          should_training_stop: false,
          should_epoch_stop: false,
          should_save: true,
          should_evaluate: false,
          should_log: false,
        },
        attributes: {},
      },
    },
  });
  for (const step of [10, 20, 30, 40]) {
    state.global_step = step;
    state.epoch = step / 20;
    addLog(state, { loss: 4 / step, grad_norm: 1e-5 * step, learning_rate: 5e-5 * (1 - step / 40) });
    if (step % 20 !== 0) continue;
    addLog(state, {
      eval_loss: 3 / step,
      eval_accuracy: 1,
      eval_pearson: NaN,
      eval_perplexity: Infinity,
      eval_runtime: 1.25,
      eval_samples_per_second: 160,
      eval_steps_per_second: 2.4,
    });
  }
  addLog(state, {
    train_runtime: 12.5,
    train_samples_per_second: 51.2,
    train_steps_per_second: 3.2,
    total_flos: 1.5e16,
    train_loss: 0.2083,
  });
  assert.equal(trainerStateText(state), await golden("trainer_state"));
});

for (const name of ["trainer_state", "trainer_state_default"]) {
  Deno.test(`${name}.json of Transformers comes back as it was`, async () => {
    const text = await golden(name);
    assert.equal(trainerStateText(parseTrainerState(text)), text);
  });
}

Deno.test("the defaults are those of Transformers", async () => {
  assert.equal(trainerStateText(newTrainerState()), await golden("trainer_state_default"));
});

Deno.test("a file of an earlier version has the defaults of what it lacks", () => {
  // As Transformers 4.26 writes it before the first step.
  const text = `{ "best_metric": null, "best_model_checkpoint": null, "epoch": null, "global_step": 3,
    "log_history": [{ "epoch": 0.1, "loss": NaN, "step": 3 }], "max_steps": 9, "later": {} }`;
  assert.deepEqual(
    parseTrainerState(text),
    newTrainerState({ global_step: 3, max_steps: 9, log_history: [{ epoch: 0.1, loss: NaN, step: 3 }] }),
  );
});

Deno.test("what is no state is refused, and said why", () => {
  const refuse = (text: string, message: string | RegExp) =>
    assert.throws(() => parseTrainerState(text), { name: "SyntaxError", message });
  const cannot = (message: string) => `Cannot read the state of a training: ${message}`;
  refuse("", /^Cannot read the state of a training: Unexpected end of JSON input/);
  refuse("[NaN, NAN]", /^Cannot read the state of a training: .*JSON/);
  refuse("NaN", cannot("it must be an object, got NaN"));
  refuse("[]", cannot("it must be an object, got []"));
  const wrong: [keyof TrainerState, unknown, string][] = [
    ["global_step", 1.5, "a whole number from 0, got 1.5"],
    ["global_step", -1, "a whole number from 0, got -1"],
    ["train_batch_size", "8", 'a whole number from 0, got "8"'],
    ["epoch", "1", 'a number, got "1"'],
    ["is_hyper_param_search", 0, "true or false, got 0"],
    ["best_model_checkpoint", 20, "a string, got 20"],
    ["log_history", {}, "an array, got {}"],
    ["stateful_callbacks", [], "an object, got []"],
  ];
  for (const [name, value, message] of wrong) {
    refuse(JSON.stringify({ [name]: value }), cannot(`"${name}" must be ${message}`));
  }
  const logged = '"log_history" must hold objects of numbers, got';
  refuse('{"log_history": [{"step": 1}, null]}', cannot(`${logged} null at 1`));
  refuse('{"log_history": [{"loss": "NaN"}]}', cannot(`${logged} {"loss":"NaN"} at 0`));
});

Deno.test("floats are written as Python's repr has them", () => {
  for (const [text, value] of FLOATS.floats) assert.equal(pythonFloat(value as number), text);
  assert.deepEqual([0, -0, NaN, Infinity, -Infinity].map(pythonFloat), ["0.0", "-0.0", "NaN", "Infinity", "-Infinity"]);
});

Deno.test("what is written is read again, with words in strings, escapes and numbers of every kind", () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom("NaN", '"', "\\", "Infinity", ":", "\u2028"), fc.string()) });
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: "small" }, text, fc.double(), fc.boolean(), fc.constant(null), tie("list"), tie("map")),
    list: fc.array(tie("any")),
    map: fc.dictionary(text, tie("any"), { noNullPrototype: true }),
  })).any;
  fc.assert(fc.property(value, (value) => {
    const written = pythonJson(value, () => false);
    assert.match(written, /^[\x20-\x7e\n]*$/);
    assert.deepEqual(parsePythonJson(written), value);
  }));
});
