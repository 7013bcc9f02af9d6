/** Cases of the kernel `attention_score_gradient`; those of every other shape with dropout. */

import type { attentionScoreGradient as kernel } from "../../../src/kernels/training/attention/attention_score_gradient.ts";
import { attentionProbabilities } from "../../reference/attention.ts";
import { scoreGradient } from "../../reference/attention_gradients.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { problem, type Shape } from "./attention_data.ts";
import { PLAIN, scoreGradientBounds } from "./attention_gradient_data.ts";

export function* cases(shapes: readonly Shape[] = PLAIN): Cases<typeof kernel> {
  for (const [index, shape] of shapes.entries()) {
    if (shape.relative) continue; // Where the probabilities come from makes no difference here.
    const made = problem(shape);
    const { heads, headSize, columns, outStride, rows, layouts: { v }, places: { tiles, tiles_at } } = made;
    const p = { data: Float32Array.from(attentionProbabilities(made, columns)), columns };
    const dOut = matrix(rows, outStride, random(rows));
    const isDropped = index % 2 === 1;
    const next = random(columns);
    const dropped = isDropped ? p.data.map((one) => next() > 0 ? 2 * one : 0) : p.data;
    const dSums = Float32Array.from({ length: rows * heads }, next);
    const call = { ...made, scale: 0.375 }; // The probabilities have another, up to 2^125.
    const gradient = scoreGradient(call, {
      p,
      dropped,
      dOut: (r, a, d) => dOut[r * outStride + a * headSize + d] as number,
      ...(isDropped && { dSums: (r: number, a: number) => dSums[r * heads + a] as number }),
    });
    const bounds = scoreGradientBounds(call, { p, dropped }, gradient);
    // Rows of no sequence stay as they are, NaN.
    const from = (made.sequences[0]?.rowStart ?? rows) * heads * columns;
    yield {
      name: `${made.name}${isDropped ? ", with dropout" : ""}`,
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
        summed: Number(isDropped),
      },
      buffers: {
        p: p.data,
        dropped,
        d_out: dOut,
        d_sums: dSums,
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
