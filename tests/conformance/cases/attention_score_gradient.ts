/** Cases of the kernel `attention_score_gradient`. */

import type { attentionScoreGradient as kernel } from "../../../src/kernels/training/attention/attention_score_gradient.ts";
import { attentionProbabilities } from "../../reference/attention.ts";
import { scoreGradient } from "../../reference/attention_gradients.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { problem, type Shape } from "./attention_data.ts";
import { PLAIN, scoreGradientBounds } from "./attention_gradient_data.ts";

export function* cases(shapes: readonly Shape[] = PLAIN): Cases<typeof kernel> {
  for (const shape of shapes) {
    if (shape.relative) continue; // Where the probabilities come from makes no difference here.
    const made = problem(shape);
    const { heads, headSize, columns, outStride, rows, layouts: { v }, places: { tiles, tiles_at } } = made;
    const p = { data: Float32Array.from(attentionProbabilities(made, columns)), columns };
    const dOut = matrix(rows, outStride, random(rows));
    const call = { ...made, scale: 0.375 }; // The probabilities have another, up to 2^125.
    const gradient = scoreGradient(call, { p, dOut: (r, a, d) => dOut[r * outStride + a * headSize + d] as number });
    const bounds = scoreGradientBounds(call, p, gradient);
    // Rows of no sequence stay as they are, NaN.
    const from = (made.sequences[0]?.rowStart ?? rows) * heads * columns;
    yield {
      name: made.name,
      params: {
        tiles,
        tiles_at,
        heads,
        head_size: headSize,
        keys: columns,
        d_stride: outStride,
        d_head: headSize,
        v_offset: v.offset,
        v_stride: v.stride,
        v_head: v.head,
        scale: call.scale,
      },
      buffers: {
        p: p.data,
        d_out: dOut,
        v: v.data,
        geometry: made.geometry,
        head_scale: made.headScale,
        d_scores: p.data.byteLength,
      },
      expected: {
        d_scores: {
          at: Uint32Array.from({ length: p.data.length - from }, (_, i) => from + i),
          values: gradient.values.subarray(from),
          bound: bounds.subarray(from),
        },
      },
    };
  }
}
