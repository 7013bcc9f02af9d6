/** Models that answer from a rule, so that a pipeline is tested without a GPU, and the shipped tokenizer. */

import { Tensor } from "../../src/base/tensor.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import type { AnsweringModel } from "../../src/pipelines/engine/task.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { shippedFolder } from "../text/folders.ts";
import { trunkOver } from "./fake_trunk.ts";

/** The folder of the shipped language model. */
export const SHIPPED_MLM = new URL("../../examples/models/wordnet/mlm/", import.meta.url);

/** The tokenizer of the shipped models. */
export async function shippedTokenizer(): Promise<BertTokenizer> {
  return new BertTokenizer(await readTokenizerFiles(shippedFolder("mlm")));
}

/** What the tests look at in a call of a model. */
export interface Call {
  input_ids: number[][];
  attention_mask: number[][];
  narrow_mask?: number[][];
}

/** A classifier with the given logits for every sequence; it records its calls and whether it was disposed. */
export class FakeClassifier implements AnsweringModel {
  readonly trunk = trunkOver(this);
  readonly config: NarrowBertConfig;
  readonly calls: Call[] = [];
  disposed = false;
  readonly #logits: (ids: number[]) => number[];

  constructor(config: Record<string, unknown>, logits: (ids: number[]) => number[]) {
    this.config = new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: 96, ...config });
    this.#logits = logits;
  }

  forward(inputs: object) {
    const call = inputs as Call;
    this.calls.push(call);
    const rows = call.input_ids.map(this.#logits);
    return Promise.resolve({ logits: new Tensor("float32", rows.flat(), [rows.length, this.config.num_labels]) });
  }

  dispose() {
    this.disposed = true;
  }
}

/**
 * A masked language model whose k-th guess for the r-th mask of a sequence is word piece `340 + 10 r + k`. The logits
 * of `forward` are the logarithms of the word pieces' ids.
 */
export class FakeMaskedLM implements AnsweringModel {
  readonly trunk = trunkOver(this);
  readonly config = new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: 96 });
  readonly calls: Call[] = [];
  disposed = false;

  top_k(inputs: object, k: number) {
    const { counts, rows } = this.#count(inputs);
    const grid = counts.flatMap((count) =>
      Array.from({ length: rows * k }, (_, i) => ({ row: Math.floor(i / k), rank: i % k, real: i < count * k }))
    );
    const dims = [counts.length, rows, k];
    return Promise.resolve({
      indices: new Tensor("int32", grid.map(({ row, rank, real }) => real ? 340 + 10 * row + rank : 0), dims),
      scores: new Tensor("float32", grid.map(({ rank, real }) => real ? 2 ** -(rank + 1) : 0), dims),
      narrow_positions: new Tensor("int32", new Array(counts.length * rows).fill(-1), [counts.length, rows]),
    });
  }

  forward(inputs: object) {
    const { counts, rows } = this.#count(inputs);
    const { vocab_size } = this.config;
    const logits = Float32Array.from({ length: counts.length * rows * vocab_size }, (_, i) => Math.log(i % vocab_size));
    return Promise.resolve({ logits: new Tensor("float32", logits, [counts.length, rows, vocab_size]) });
  }

  dispose() {
    this.disposed = true;
  }

  /** Narrow rows of each sequence, and of the one that has most. */
  #count(inputs: object): { counts: number[]; rows: number } {
    const call = inputs as Required<Call>;
    this.calls.push(call);
    const counts = call.narrow_mask.map((row) => row.filter(Boolean).length);
    return { counts, rows: Math.max(...counts) };
  }
}

/** What is warned of while `body` runs. */
export async function warnings(body: () => Promise<void>): Promise<string[]> {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (message: string) => void said.push(message);
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return said;
}
