/** Checks labels and packs them for the loss kernels. */

import { InputError } from "../base/errors.ts";
import { shapeText } from "../base/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { crossEntropy } from "../graph/ops/losses/cross_entropy.ts";
import { mean } from "../graph/ops/losses/mean.ts";
import type { Dim } from "../graph/shape.ts";
import { NO_LABEL } from "../kernels/losses/cross_entropy.ts";
import type { FlatArray } from "../model/batch/arrays.ts";
import { type Batch, checkFinite, checkIndices } from "../model/batch/inputs.ts";
import type { HeadInputs } from "../model/stage.ts";

/** Inputs and scalars of a loss: labels, and how many of them count. */
export type LabelInputs = Pick<HeadInputs, "inputs" | "scalars">;

/** PyTorch's label for "no loss here". */
export const IGNORE = -100;

/**
 * A batch whose narrow rows are the tokens with a label that counts. Labels are `[B, L]`, each -100 or from 0 to
 * `classes - 1`.
 *
 * @throws {InputError} If they are not.
 */
export function rowsOfLabels(batch: Batch, classes: number): Batch {
  const { labels } = batch;
  if (labels === null) return batch;
  checkIndices("labels", labels, [batch.sequences, batch.length], { below: classes, also: IGNORE });
  return { ...batch, narrow: labels.data.map((label) => label > IGNORE ? 1 : 0) };
}

/** The labels of the narrow rows, in order; all of them count. */
export function rowLabels(labels: FlatArray): LabelInputs {
  const packed = Uint32Array.from(labels.data.filter((label) => label > IGNORE));
  return { inputs: { labels: packed }, scalars: { counted: packed.length } };
}

/** Packs a label from 0 to `classes - 1` for each row, or -100 for none; labels are `[rows]` or `[rows, 1]`. */
export function classLabels(labels: FlatArray, rows: number, classes: number): LabelInputs {
  const flat = labels.dims.length === 2 && labels.dims[1] === 1 ? { ...labels, dims: [labels.data.length] } : labels;
  checkIndices("labels", flat, [rows], { below: classes, also: IGNORE });
  const packed = Uint32Array.from(flat.data, (label) => label === IGNORE ? NO_LABEL : label);
  return { inputs: { labels: packed }, scalars: { counted: packed.filter((label) => label !== NO_LABEL).length } };
}

/** Traces the mean cross-entropy of `[rows, classes]` over the rows whose label counts. */
export function traceCrossEntropy(g: Graph, logits: Value): Value {
  const labels = g.input("labels", "u32", [logits.shape[0] as Dim]);
  const losses = crossEntropy(g, { label: "loss.rows", x: logits, labels });
  return mean(g, { label: "loss", x: losses, divisor: g.scalar("counted") });
}

/** Traces the cross-entropy of each row of `[rows, classes]` with its label, from the input `labels`. */
export function traceRowLosses(g: Graph, logits: Value, labels: string): Value {
  const targets = g.input(labels, "u32", [logits.shape[0] as Dim]);
  return crossEntropy(g, { label: "losses", x: logits, labels: targets });
}

/** Packs targets `[rows, columns]`, or `[rows]` if there is one column, as pitched rows. */
export function packTargets(
  labels: FlatArray,
  [rows, columns]: readonly [number, number],
  stride: number,
): Float32Array {
  const { dims, data } = labels;
  const fits = (dims.length === 2 && dims[0] === rows && dims[1] === columns) ||
    (dims.length === 1 && dims[0] === rows * columns && (columns === 1 || rows === 0));
  if (!fits) {
    const expected = columns === 1 ? `[${rows}] or [${rows}, 1]` : `[${rows}, ${columns}]`;
    throw new InputError(`Cannot read labels: shape must be ${expected}, got ${shapeText(dims)}`);
  }
  checkFinite("labels", labels);
  const packed = new Float32Array(rows * stride);
  for (let r = 0; r < rows; r++) packed.set(data.subarray(r * columns, (r + 1) * columns), r * stride);
  return packed;
}
