/** Conformance cases of `cross_entropy`. */

import { type crossEntropy as kernel, NO_LABEL } from "../../../src/kernels/losses/cross_entropy.ts";
import { crossEntropy, type CrossEntropyCall } from "../../reference/cross_entropy.ts";
import { crossEntropyBounds } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

const SHAPES = [
  [0, 8],
  [1, 1],
  [3, 1],
  [2, 2],
  [5, 3],
  [7, 41],
  [3, 127],
  [3, 128],
  [3, 129],
  [9, 8000],
  [3, 30522],
  [2, 119547],
  [65537, 3], // more rows than workgroups in one dimension
] as const;

/** Shares of the label that are spread: none, little, and nearly all. */
const SMOOTHINGS = [0, 2 ** -20, 0.1, 0.9].map(Math.fround);

/** A call as buffers hold it. */
interface PackedCall extends CrossEntropyCall {
  x: Float32Array<ArrayBuffer>;
  labels: Uint32Array<ArrayBuffer>;
  weights?: Float32Array<ArrayBuffer>;
}

/** Rows of logits with labels, weights and smoothing, of every kind that the kernel and its gradient must compute. */
export function* crossEntropyCalls(seed: number): Generator<{ name: string; call: PackedCall }> {
  const next = random(seed);
  function* calls(
    name: string,
    operands: Pick<PackedCall, "rows" | "columns" | "x">,
  ): Generator<{ name: string; call: PackedCall }> {
    const { rows, columns } = operands;
    const labels = Uint32Array.from({ length: rows }, (_, r) => labelOf(r, columns));
    yield { name, call: { ...operands, labels } };
    if (rows * columns > 2 ** 17) return;
    const weights = Float32Array.from({ length: rows }, (_, r) => weightOf(r, next()));
    for (const smoothing of SMOOTHINGS) {
      const of = smoothing === 0 ? "weighted" : `weighted, smoothed by ${smoothing}`;
      yield { name: `${name}, ${of}`, call: { ...operands, labels, weights, smoothing } };
    }
    yield { name: `${name}, smoothed`, call: { ...operands, labels, smoothing: Math.fround(0.3) } };
  }
  for (const [rows, columns] of SHAPES) {
    yield* calls(`${rows} x ${columns}`, { rows, columns, x: matrix(rows, columns, () => 10 * next()) });
  }
  for (const columns of [1, 2, 37, 1031]) {
    for (const scale of [0, 1e-3, 1e4, 3e38]) {
      // Zeros and one sign, since no f32 holds the loss of 3e38 against -3e38.
      const x = matrix(3, columns, () => next() < 0 ? 0 : scale);
      yield* calls(`3 x ${columns} of 0 and ${scale}`, { rows: 3, columns, x });
    }
  }
  // Confident rows: the label leads by 1 to 18, so the loss goes down to 1e-7.
  const x = matrix(18, 41, next);
  for (let r = 0; r < 18; r++) x[r * 44 + Math.min(labelOf(r, 41), 40)] = r + 2;
  yield* calls("18 x 41, ever more confident", { rows: 18, columns: 41, x });
  // What a row of weight 0 holds does not matter.
  const wild = Float32Array.of(NaN, 1, 2, 0, Infinity, -Infinity, 3, 0, 1, 2, 3, 0);
  const [labels, weights] = [Uint32Array.of(1, 0, 2), Float32Array.of(0, 0, 0.5)];
  for (const smoothing of SMOOTHINGS) {
    const call = { rows: 3, columns: 3, x: wild, labels, weights, smoothing };
    yield { name: `3 x 3, not finite but of weight 0, smoothed by ${smoothing}`, call };
  }
}

/** What the kernel and its gradient bind of a call. */
export function boundOf({ rows, columns, x, labels, weights, smoothing = 0 }: PackedCall) {
  return {
    params: { rows, columns, smoothing, weighted: Number(weights !== undefined) },
    buffers: { x, labels, weights: weights ?? new Float32Array(4).fill(NaN) }, // which nothing may read
  };
}

/** Every fifth row has no label, the others take columns in turn, the last one early. */
function labelOf(row: number, columns: number): number {
  return row % 5 === 4 ? NO_LABEL : (columns - 1 + 7 * row) % columns;
}

/** Every fourth row has the weight 0, others 1, or any up to 1. */
function weightOf(row: number, drawn: number): number {
  return row % 4 === 3 ? 0 : row % 4 === 1 ? 1 : Math.abs(drawn);
}

export function* cases(): Cases<typeof kernel> {
  for (const { name, call } of crossEntropyCalls(5)) {
    const values = crossEntropy(call);
    const { params, buffers } = boundOf(call);
    yield {
      name,
      params,
      buffers: { ...buffers, losses: 4 * call.rows },
      expected: { losses: { values, bound: crossEntropyBounds(call, values) } },
    };
  }
}
