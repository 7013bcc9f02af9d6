/** What the tasks by a sequence classifier share: one call of the model, a row of logits for each item. */

import { elementCount } from "../../base/shape.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { padBatch } from "../engine/batches.ts";
import type { Item, ItemResult } from "../engine/task.ts";

/** What these tasks ask of their model. Its narrow layers compute the first token of each sequence alone. */
export type SequenceClassifier = Pick<NarrowBertForSequenceClassification, "config" | "forward" | "dispose">;

/** The logits of each item, `[num_labels]`. */
export async function classifierLogits(
  model: SequenceClassifier,
  items: readonly Item[],
  signal: AbortSignal | undefined,
): Promise<ItemResult[]> {
  const { logits } = await model.forward(padBatch(items.map(({ encoding }) => encoding)), { signal });
  return rowsOf(logits);
}

/** Results of a tensor `[items, …]`: what lies in it for each item. */
export function rowsOf({ data, dims }: Tensor): ItemResult[] {
  const columns = elementCount(dims.slice(1));
  return Array.from({ length: dims[0] ?? 0 }, (_, i) => ({
    values: data.subarray(i * columns, (i + 1) * columns) as Float32Array,
  }));
}
