/** Small trainings of every task, with random models and a tokenizer of a few words. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Dataset,
  datasetOf,
  type DatasetOptions,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertTokenizerFast,
  type PreTrainedModel,
  Trainer,
  type TrainerOptions,
  type TrainingArguments,
} from "../../../mod.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";

const ANIMALS = ["bird", "cat", "dog", "fish"];
const TOOLS = ["hammer", "saw", "drill", "knife"];
const REST = ["a", "the", "small", "large", "old", "brown", "of", "and", "with", "that"];
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const VOCABULARY = [...SPECIAL, ...ANIMALS, ...TOOLS, ...REST, "##s", ...Array.from({ length: 10 }, (_, i) => `${i}`)];

/** A tokenizer of 34 pieces. */
export const tokenizer = await NarrowBertTokenizerFast.from_pretrained(
  new Map([["vocab.txt", new TextEncoder().encode(VOCABULARY.join("\n"))]]),
);

const CONFIG = {
  vocab_size: VOCABULARY.length,
  hidden_size: 16,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 24,
  initializer_range: 0.2,
};

/** The words of an example, of 3 to 6, one of which may have two pieces; the third is an animal if its number is even, else a tool. */
function wordsOf(i: number): string[] {
  const nouns = i % 2 === 0 ? ANIMALS : TOOLS;
  const word = (k: number) => REST[(i * 3 + k * 7) % REST.length] as string;
  const rest = Array.from({ length: i * 5 % 4 }, (_, k) => word(k + 2));
  return [word(0), word(1), `${nouns[(i >> 1) % nouns.length]}${i % 3 === 0 ? "s" : ""}`, ...rest];
}

const all = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const textOf = (i: number) => wordsOf(i).join(" ");
const kindOf = (i: number) => i % 2 === 0 ? "animal" : "tool";

/** What a small model learns. */
export interface SmallTask {
  readonly name: string;
  /** The data of so many examples. */
  data(count: number, options?: Partial<DatasetOptions>): Dataset;
  /** A model with random weights. */
  model(dataset: Dataset, config?: Record<string, unknown>): Promise<PreTrainedModel>;
}

type Class = { from_config(config: NarrowBertConfig, options: { seed: number }): Promise<PreTrainedModel> };

function task(name: string, Class: Class, examples: (count: number) => object[], options: DatasetOptions): SmallTask {
  return {
    name,
    data: (count, others = {}) => datasetOf(examples(count) as never[], { ...options, ...others } as never),
    model: ({ labels, problem_type }, config = {}) =>
      Class.from_config(
        new NarrowBertConfig({
          ...CONFIG,
          ...(labels.length > 0 && { id2label: { ...labels } }),
          ...(problem_type && { problem_type, ...(problem_type === "regression" && { num_labels: 1 }) }),
          ...config,
        }),
        { seed: 3 },
      ),
  };
}

/** Texts of one of two kinds. */
export const KINDS = task(
  "classify",
  NarrowBertForSequenceClassification,
  (count) => all(count, (i) => ({ text: textOf(i), label: kindOf(i) })),
  { task: "classify" },
);

/** Masked words. */
export const WORDS = task("mlm", NarrowBertForMaskedLM, (count) => all(count, (i) => ({ text: textOf(i) })), {
  task: "mlm",
});

const tagged = (count: number, tagOf: (word: string, i: number) => string | number | null) =>
  all(count, (i) => ({ tokens: wordsOf(i), tags: wordsOf(i).map((word) => tagOf(word, i)) }));
const nounTag = (word: string) => {
  const noun = word.replace(/s$/, "");
  return ANIMALS.includes(noun) ? "ANIMAL" : TOOLS.includes(noun) ? "TOOL" : null;
};

/** Every task, with every kind of labels. */
export const TASKS: readonly SmallTask[] = [
  WORDS,
  KINDS,
  task(
    "classify pairs",
    NarrowBertForSequenceClassification,
    (count) => all(count, (i) => ({ text: textOf(i), text_pair: textOf(i * 3 + 1), label: kindOf(i) })),
    { task: "classify" },
  ),
  task(
    "classify, several labels",
    NarrowBertForSequenceClassification,
    (count) => all(count, (i) => ({ text: textOf(i), label: i % 5 === 4 ? [] : [kindOf(i), `third ${i % 3}`] })),
    { task: "classify" },
  ),
  task(
    "regression",
    NarrowBertForSequenceClassification,
    (count) => all(count, (i) => ({ text: textOf(i), label: (i % 2) + i % 4 / 8 })),
    { task: "classify" },
  ),
  task(
    "tag entities",
    NarrowBertForTokenClassification,
    (count) => tagged(count, (word) => nounTag(word) === null ? "O" : `B-${nounTag(word)}`),
    { task: "tag" },
  ),
  task(
    "tag, some words without a tag",
    NarrowBertForTokenClassification,
    (count) => tagged(count, (word, i) => nounTag(word) ?? (i % 3 === 0 ? null : "OTHER")),
    { task: "tag" },
  ),
  task(
    "choose",
    NarrowBertForMultipleChoice,
    (count) =>
      all(count, (i) => ({
        text: kindOf(i) === "animal" ? "a small old" : "the large brown",
        choices: [textOf(i), textOf(i + 1), ...(i % 3 === 0 ? [textOf(i + 2)] : [])],
        label: i % 2,
      })),
    { task: "choose" },
  ),
];

/** A training that is to be made. */
export interface SmallTraining extends Partial<Omit<TrainerOptions, "args">> {
  readonly task?: SmallTask;
  readonly args?: Partial<TrainingArguments>;
  /** Examples to learn from, and to be evaluated on; 0 for no evaluation. */
  readonly examples?: number;
  readonly evaluated?: number;
  /** Fields of the model's config. */
  readonly config?: Record<string, unknown>;
}

/** Makes a trainer with its model, runs `body`, and frees the model. */
export async function withTrainer<T>(
  folder: string,
  training: SmallTraining,
  body: (trainer: Trainer, model: PreTrainedModel) => Promise<T>,
): Promise<T> {
  const { task = KINDS, args = {}, examples = 20, evaluated = 0, config, ...options } = training;
  const train_dataset = options.train_dataset ?? task.data(examples);
  const { labels, problem_type } = train_dataset;
  const eval_dataset = evaluated === 0 ? undefined : task.data(evaluated, {
    ...(labels.length > 0 && { labels }),
    ...(problem_type && { problem_type }),
  });
  const model = options.model ?? await task.model(train_dataset, config);
  try {
    const trainer = new Trainer({
      tokenizer,
      ...(eval_dataset && { eval_dataset }),
      ...options,
      train_dataset,
      model,
      args: { output_dir: folder, per_device_train_batch_size: 4, learning_rate: 1e-2, ...args },
    });
    return await body(trainer, model);
  } finally {
    if (options.model === undefined) model.dispose();
  }
}

/** Trains in a temporary folder. */
export function trained(
  training: SmallTraining,
  body: (found: {
    folder: string;
    trainer: Trainer;
    output: Awaited<ReturnType<Trainer["train"]>>;
    model: PreTrainedModel;
  }) => Promise<void> | void,
): Promise<void> {
  return inTemporaryFolder((folder) =>
    withTrainer(folder, training, async (trainer, model) => {
      const output = await trainer.train();
      await body({ folder, trainer, output, model });
    })
  );
}

/** All files below a folder, by path, but for the lock. */
export function filesOf(folder: string, prefix = ""): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { name, isDirectory } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (name === ".lock") continue;
    const path = join(folder, name);
    if (!isDirectory) files.set(prefix + name, Deno.readFileSync(path));
    else for (const [inner, bytes] of filesOf(path, `${prefix}${name}/`)) files.set(inner, bytes);
  }
  return files;
}

/** Asserts that two folders hold the same files, byte for byte. */
export function assertSameFolders(found: string, expected: string, what: string): void {
  const [a, b] = [filesOf(found), filesOf(expected)];
  assert.deepEqual([...a.keys()], [...b.keys()], what);
  for (const [name, bytes] of a) assert.deepEqual(bytes, b.get(name), `${what}: ${name}`);
}

/** The steps whose checkpoints are in a folder. */
export function checkpointsOf(folder: string): number[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => name.match(/^checkpoint-(\d+)$/)?.[1] ?? [])
    .map(Number).sort((a, b) => a - b);
}

/** `trainer_state.json` of a folder. */
export function stateOf(folder: string): Record<string, unknown> & { log_history: Record<string, number>[] } {
  return JSON.parse(Deno.readTextFileSync(join(folder, "trainer_state.json")));
}

/** A training of so many steps that evaluates, saves and logs all the time. */
export function killedTraining(max_steps: number): SmallTraining {
  return {
    examples: 30,
    evaluated: 8,
    config: { hidden_dropout_prob: 0.2 },
    args: {
      max_steps,
      logging_steps: 2,
      eval_strategy: "steps",
      eval_steps: 3,
      save_strategy: "steps",
      save_steps: 4,
      load_best_model_at_end: true,
      per_device_eval_batch_size: 4,
    },
  };
}
