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

/** Inputs and scalars of a cross-entropy. */
export interface LabelInputs {
  readonly inputs: {
    /** A label for each row, or `NO_LABEL`. */
    readonly labels: Uint32Array;
    /** Factors of the rows' losses, whose sum over the labels is `counted`. */
    readonly loss_weights: Float32Array;
  };
  readonly scalars: {
    /** How many labels there are. */
    readonly counted: number;
    readonly label_smoothing: number;
  };
}

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

/** The labels of the narrow rows, in order; all of them count alike. */
export function rowLabels(labels: FlatArray): LabelInputs {
  const packed = Uint32Array.from(labels.data.filter((label) => label > IGNORE));
  return labelInputs(packed, packed.length);
}

/** Packs a label from 0 to `classes - 1` for each row, or -100 for none; labels are `[rows]` or `[rows, 1]`. */
export function classLabels(labels: FlatArray, rows: number, classes: number): LabelInputs {
  const flat = labels.dims.length === 2 && labels.dims[1] === 1 ? { ...labels, dims: [labels.data.length] } : labels;
  checkIndices("labels", flat, [rows], { below: classes, also: IGNORE });
  const packed = Uint32Array.from(flat.data, (label) => label === IGNORE ? NO_LABEL : label);
  return labelInputs(packed, packed.filter((label) => label !== NO_LABEL).length);
}

/** Labels that count alike and are not smoothed. */
function labelInputs(labels: Uint32Array, counted: number): LabelInputs {
  return {
    inputs: { labels, loss_weights: new Float32Array(labels.length).fill(1) },
    scalars: { counted, label_smoothing: 0 },
  };
}

/** Traces the mean cross-entropy of `[rows, classes]` over the rows whose label counts, from {@linkcode LabelInputs}. */
export function traceCrossEntropy(g: Graph, logits: Value): Value {
  const rows = logits.shape[0] as Dim;
  const losses = crossEntropy(g, {
    label: "loss.rows",
    x: logits,
    labels: g.input("labels", "u32", [rows]),
    weights: g.input("loss_weights", "f32", [rows]),
    smoothing: g.scalar("label_smoothing", "f32"),
  });
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
