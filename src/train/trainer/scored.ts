/** What a model made of a batch of an evaluation. */

import type { Tensor } from "../../base/tensor.ts";
import { IGNORE } from "../../heads/labels.ts";
import type { DataBatch } from "../data/reading/source.ts";

/** A batch and what the model made of it. */
export interface Scored {
  readonly batch: DataBatch;
  readonly logits: Tensor;
  /** Of labelled tokens: their positions, `[B, rows]`, -1 for padding. */
  readonly positions: Tensor | null;
}

/** The rows of labelled tokens, each with its label. */
export function* labelledRows(
  { batch, positions }: Scored,
): Generator<{ sequence: number; row: number; label: number }> {
  const { labels } = batch.inputs;
  const [sequences = 0, rows = 0] = positions?.dims ?? [];
  const length = labels.dims[1] ?? 0;
  for (let b = 0; b < sequences; b++) {
    for (let r = 0; r < rows; r++) {
      const position = Number(positions?.data[b * rows + r]);
      if (position < 0) continue;
      yield { sequence: b, row: b * rows + r, label: Number(labels.data[b * length + position]) };
    }
  }
}

/** Some rows of logits. */
export function rowsOf({ data, dims }: Tensor, rows: readonly number[]): Float32Array {
  const columns = dims.at(-1) ?? 0;
  const found = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => found.set((data as Float32Array).subarray(row * columns, (row + 1) * columns), i * columns));
  return found;
}

/** How many labels a loss is the mean of. */
export function labelCount({ data, type }: Tensor): number {
  if (type === "float32") return data.length;
  let count = 0;
  for (let i = 0; i < data.length; i++) if (Number(data[i]) !== IGNORE) count++;
  return count;
}
