/** Makes the inputs of a model of rows. */

import { IGNORE } from "../../../heads/labels.ts";
import { Tensor } from "../../../base/tensor.ts";
import type { ProblemType } from "../../../model/config/fields.ts";
import type { Row, Sequence } from "./row.ts";

/** The inputs of a model for a batch: B sequences of L tokens, or B questions of several sequences. */
export interface BatchInputs {
  /** Ids of the tokens, `[B, L]`, or of `choose` `[B, choices, L]`. */
  input_ids: Tensor;
  /** 1 for tokens, 0 for padding. */
  attention_mask: Tensor;
  /** 1 for the tokens of the second text; left out if there is none. */
  token_type_ids?: Tensor;
  /** Of tokens `[B, L]`, -100 for none; of several labels `[B, labels]`; else `[B]`. */
  labels: Tensor;
}

/** How rows are laid out. */
export interface Layout {
  /** Id of the padding token. */
  readonly padding: number;
  /** Whether rows have several sequences, as of `choose`. */
  readonly hasChoices: boolean;
  /** What labels of sequences are learned as; null if they are of tokens or choices. */
  readonly problem: ProblemType | null;
}

/** Rows as padded tensors: `[B, L]`, or `[B, choices, L]`, with their labels. */
export function collate(rows: readonly Row[], { padding, hasChoices, problem }: Layout): BatchInputs {
  const sequences = rows.flatMap((row) => row.sequences);
  const length = rows.reduce((most, { longest }) => Math.max(most, longest), 0);
  const leading = hasChoices ? [rows.length, rows[0]?.sequences.length ?? 0] : [rows.length];
  const dims = [...leading, length];
  const ids = new Int32Array(sequences.length * length).fill(padding);
  const mask = new Uint8Array(ids.length);
  sequences.forEach((sequence, i) => {
    ids.set(sequence.ids, i * length);
    mask.fill(1, i * length, i * length + sequence.ids.length);
  });
  const isPair = sequences.some(({ ids, first }) => first < ids.length);
  return {
    input_ids: new Tensor("int32", ids, dims),
    attention_mask: new Tensor("uint8", mask, dims),
    ...(isPair && { token_type_ids: new Tensor("uint8", typesOf(sequences, length), dims) }),
    labels: labelsOf(rows, { length, problem }),
  };
}

function typesOf(sequences: readonly Sequence[], length: number): Uint8Array {
  const types = new Uint8Array(sequences.length * length);
  sequences.forEach(({ ids, first }, i) => types.fill(1, i * length + first, i * length + ids.length));
  return types;
}

function labelsOf(rows: readonly Row[], { length, problem }: { length: number; problem: ProblemType | null }): Tensor {
  if (rows[0]?.labels instanceof Int32Array) {
    const labels = new Int32Array(rows.length * length).fill(IGNORE);
    rows.forEach((row, i) => labels.set(row.labels as Int32Array, i * length));
    return new Tensor("int32", labels, [rows.length, length]);
  }
  const labels = rows.flatMap((row) => Array.from(row.labels));
  if (problem === "multi_label_classification") {
    return new Tensor("float32", labels, [rows.length, labels.length / rows.length]);
  }
  return new Tensor(problem === "regression" ? "float32" : "int32", labels, [rows.length]);
}
