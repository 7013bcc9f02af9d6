/** What tests of data share: files in memory, a tokenizer, all batches of a training. */

import { datasetOf, NarrowBertTokenizerFast, type Tensor, type TrainingBatch } from "../../../mod.ts";
import type { BatchInputs, DataBatch, DataTask, TrainingData, TrainingRange } from "../../../mod.ts";

/** The tokenizer of the shipped model: 8,000 word pieces, 96 positions. */
export const tokenizer = await NarrowBertTokenizerFast.from_pretrained("examples/models/wordnet/mlm");

/** A file in memory. */
export function file(name: string, text: string | readonly (string | Uint8Array<ArrayBuffer>)[]): File {
  return new File(typeof text === "string" ? [text] : [...text], name);
}

const WORDS = "bird cat dog fish horse hammer saw wood water small large brown old of the and with that".split(" ");

/** Texts of 1 to 12 words, each different. */
export function texts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const words = Array.from({ length: 1 + i * 7 % 12 }, (_, k) => WORDS[(i * 5 + k * k * 3) % WORDS.length]);
    return `${words.join(" ")} ${i}`;
  });
}

/** Examples of each task, each different. */
export const EXAMPLES: Readonly<Record<DataTask, (count: number) => readonly Record<string, unknown>[]>> = {
  mlm: (count) => texts(count).map((text) => ({ text })),
  classify: (count) => texts(count).map((text, i) => ({ text, text_pair: `pair ${i}`, label: `class ${i % 3}` })),
  tag: (count) =>
    texts(count).map((text) => {
      const tokens = text.split(" ");
      return { tokens, tags: tokens.map((word, i) => i % 2 === 0 ? "O" : `B-${word[0]}`) };
    }),
  choose: (count) =>
    texts(count).map((text, i) => ({
      text,
      choices: Array.from({ length: 2 + i % 3 }, (_, choice) => `choice ${choice} of ${i}`),
      label: i % 2,
    })),
};

/** A data set of examples of a task. */
export function examplesOf(task: DataTask, count: number) {
  return datasetOf(EXAMPLES[task](count), { task });
}

/** The batches of a training up to the end of an epoch. */
export function allBatches(data: TrainingData, range: TrainingRange = {}): Promise<TrainingBatch[]> {
  return Array.fromAsync(data.batches({ num_train_epochs: 1, ...range }));
}

/** An input of a batch as nested lists. */
export function listOf<T>(
  { inputs }: DataBatch,
  name: keyof BatchInputs,
): T {
  return (inputs[name] as Tensor).tolist() as T;
}
