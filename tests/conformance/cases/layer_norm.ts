/** Conformance cases of `layer_norm`. */

import type { layerNorm as kernel } from "../../../src/kernels/rows/layer_norm.ts";
import { layerNorm } from "../../reference/layer_norm.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random, vector } from "../data.ts";
import { layerNormBound } from "../layer_norm_bound.ts";

const SHAPES = [
  [0, 8],
  [1, 1],
  [3, 1],
  [2, 2],
  [9, 3],
  [7, 31],
  [8, 32],
  [9, 33],
  [13, 127],
  [65, 128],
  [2, 129],
  [5, 384],
  [17, 768],
  [3, 3072],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(1);
  for (const [rows, columns] of SHAPES) {
    for (const added of [false, true]) {
      const x = matrix(rows, columns, () => 2 * next() + 1);
      const residual = added ? matrix(rows, columns, next) : undefined;
      yield* one(`${rows} x ${columns}${added ? " and residual" : ""}`, { rows, columns, x, residual });
    }
  }
  for (const value of [0, 0.1, -1e6, 3e30]) {
    const constant = matrix(3, 33, () => value);
    yield* one(`rows of ${value}`, { rows: 3, columns: 33, x: constant, residual: constant }, 0);
  }
  const far = matrix(5, 769, () => 1e6 + Math.sqrt(3) * next());
  yield* one("mean 1e6, deviation 1", { rows: 5, columns: 769, x: far }, 1e-3);
  const outlier = matrix(5, 769, next);
  outlier[0] = 1e4;
  outlier[772 + 768] = -1e4;
  yield* one("outliers at the ends", { rows: 5, columns: 769, x: outlier });
}

function* one(
  name: string,
  { rows, columns, x, residual }: { rows: number; columns: number; x: Float32Array; residual?: Float32Array },
  bound?: number,
): Cases<typeof kernel> {
  const next = random(2);
  const call = { rows, columns, eps: 1e-12, x, residual, weight: vector(columns, next), bias: vector(columns, next) };
  const addends = residual && Float64Array.from(x, (value, i) => Math.abs(value) + Math.abs(residual[i] as number));
  yield {
    name,
    params: { rows, columns, eps: call.eps, residual: residual === undefined ? 0 : 1 },
    buffers: { x, residual: residual ?? new Float32Array(4), weight: call.weight, bias: call.bias, out: x.byteLength },
    expected: { out: { values: layerNorm(call), bound: bound ?? layerNormBound(call, addends) } },
  };
}
