/** Conformance cases of `layer_norm_gradient`. */

import type { layerNormGradient as kernel } from "../../../src/kernels/training/rows/layer_norm_gradient.ts";
import { layerNormGradient } from "../../reference/layer_norm_gradient.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random, vector } from "../data.ts";
import { layerNormGradientBounds } from "../gradient_bounds.ts";

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
  [17, 768],
  [3, 3072],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(31);
  for (const [rows, columns] of SHAPES) {
    for (const added of [false, true]) {
      const x = matrix(rows, columns, () => 2 * next() + 1);
      const residual = added ? matrix(rows, columns, next) : undefined;
      const dy = matrix(rows, columns, next);
      yield* one(`${rows} x ${columns}${added ? " and residual" : ""}`, { rows, columns, x, residual, dy });
    }
  }
  for (const value of [0, 0.1, -1e6]) {
    const x = matrix(3, 33, () => value);
    yield* one(`rows of ${value}`, { rows: 3, columns: 33, x, residual: undefined, dy: matrix(3, 33, next) });
  }
  const far = matrix(5, 769, () => 1e6 + Math.sqrt(3) * next());
  yield* one("mean 1e6, deviation 1", { rows: 5, columns: 769, x: far, residual: undefined, dy: matrix(5, 769, next) });
  const outlier = matrix(5, 769, next);
  outlier[0] = 1e3;
  outlier[772 + 768] = -1e3;
  const dy = matrix(5, 769, () => 1e-3 * next());
  yield* one("outliers at the ends", { rows: 5, columns: 769, x: outlier, residual: undefined, dy });
}

function* one(
  name: string,
  { rows, columns, x, residual, dy }: {
    rows: number;
    columns: number;
    x: Float32Array;
    residual: Float32Array | undefined;
    dy: Float32Array;
  },
): Cases<typeof kernel> {
  const call = { rows, columns, eps: 1e-12, x, ...(residual && { residual }), weight: vector(columns, random(2)), dy };
  const addends = residual && Float64Array.from(x, (value, i) => Math.abs(value) + Math.abs(residual[i] as number));
  const values = layerNormGradient(call);
  const bounds = layerNormGradientBounds(call, addends);
  yield {
    name,
    params: { rows, columns, eps: call.eps, residual: residual === undefined ? 0 : 1 },
    buffers: {
      x,
      residual: residual ?? new Float32Array(4),
      weight: call.weight,
      dy,
      out: x.byteLength,
      products: x.byteLength,
    },
    expected: {
      out: { values: values.out, bound: bounds.out },
      products: { values: values.products, bound: bounds.products },
    },
  };
}
