/** Cases of the kernel `attention_probabilities`. */

import type { attentionProbabilities as kernel } from "../../../src/kernels/attention/attention_probabilities.ts";
import { attentionProbabilities } from "../../reference/attention.ts";
import type { Cases } from "../conformance.ts";
import { probabilityBounds } from "./attention_bounds.ts";
import { problem, type Shape, sumsOf } from "./attention_data.ts";
import { ABSORBED, ABSORBED_DISTANCES, ABSORBED_WIDE, FOLDED, LONG_HEADS, SHAPES } from "./attention_shapes.ts";

const EVERY: readonly Shape[] = [
  ...SHAPES,
  ...FOLDED,
  ...LONG_HEADS,
  ...ABSORBED,
  ...ABSORBED_WIDE,
  ...ABSORBED_DISTANCES,
];

export function* cases(shapes: readonly Shape[] = EVERY): Cases<typeof kernel> {
  for (const shape of shapes) {
    const p = problem(shape);
    const { heads, headSize, columns, layouts: { q, k, relativeQuery } } = p;
    const probabilities = attentionProbabilities(p, columns);
    const bounds = probabilityBounds(p, probabilities);
    const sums = sumsOf(p, 0);
    // Rows of no sequence stay as they are, NaN.
    const from = p.sequences[0]?.rowStart ?? p.rows;
    const written = (perHead: number) => range(from * heads * perHead, p.rows * heads * perHead);
    yield {
      name: p.name,
      constants: { RELATIVE: p.kind },
      params: {
        ...p.places,
        heads,
        head_size: headSize,
        q_offset: q.offset,
        q_stride: q.stride,
        q_head: q.head,
        k_offset: k.offset,
        k_stride: k.stride,
        k_head: k.head,
        keys: columns,
        scale: p.scale,
        q_relative_offset: relativeQuery.offset,
        q_relative_stride: relativeQuery.stride,
        q_relative_head: relativeQuery.head,
        relative_size: p.relative?.size ?? 0,
      },
      buffers: {
        q: q.data,
        k: k.data,
        geometry: p.geometry,
        distance: p.distances,
        head_scale: p.headScale,
        q_relative: relativeQuery.data,
        probabilities: 4 * probabilities.length,
        sums: 4 * sums.length,
      },
      expected: {
        probabilities: {
          at: written(columns),
          values: probabilities.subarray(from * heads * columns),
          bound: bounds.subarray(from * heads * columns),
        },
        sums: { at: written(1), values: sums.subarray(from * heads) },
      },
    };
  }
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}
