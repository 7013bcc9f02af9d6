/** Cases of the kernel `attention_apply`. */

import type { attentionApply as kernel } from "../../../src/kernels/attention/attention_apply.ts";
import { attentionApply, attentionProbabilities } from "../../reference/attention.ts";
import type { Cases } from "../conformance.ts";
import { sumBounds } from "./attention_bounds.ts";
import { layOutput, problem, type Shape, UNTOUCHED } from "./attention_data.ts";
import { ABSORBED, ABSORBED_WIDE, FOLDED, LONG_HEADS, SHAPES } from "./attention_shapes.ts";

/** Where the probabilities come from makes no difference here. */
const EVERY: readonly Shape[] = [...SHAPES, ...FOLDED, ...LONG_HEADS, ...ABSORBED, ...ABSORBED_WIDE].filter((shape) =>
  !shape.relative
);

export function* cases(shapes: readonly Shape[] = EVERY): Cases<typeof kernel> {
  for (const shape of shapes) {
    const p = problem(shape);
    const { heads, headSize, columns, layouts: { v } } = p;
    const probabilities = attentionProbabilities(p, columns).map(Math.fround);
    const { tiles, tiles_at } = p.places;
    yield {
      name: p.name,
      params: {
        tiles,
        tiles_at,
        heads,
        head_size: headSize,
        keys: columns,
        v_offset: v.offset,
        v_stride: v.stride,
        v_head: v.head,
        out_stride: p.outStride,
        out_head: headSize,
      },
      buffers: {
        probabilities: Float32Array.from(probabilities),
        v: v.data,
        geometry: p.geometry,
        out: new Float32Array(p.rows * p.outStride).fill(UNTOUCHED),
      },
      expected: {
        out: {
          values: layOutput(p, attentionApply(p, probabilities, columns), UNTOUCHED),
          bound: layOutput(p, sumBounds(p, probabilities), 0),
        },
      },
    };
  }
}
