/** Cases of the kernel `attention`. */

import type { attention } from "../../../src/kernels/attention/attention.ts";
import { attentionApply, attentionProbabilities } from "../../reference/attention.ts";
import type { Cases } from "../conformance.ts";
import { attentionBounds } from "./attention_bounds.ts";
import { layOutput, problem, type Shape, sumsOf, UNTOUCHED } from "./attention_data.ts";
import { ABSORBED, ABSORBED_WIDE, FOLDED, LONG_HEADS, SHAPES } from "./attention_shapes.ts";

const EVERY: readonly Shape[] = [...SHAPES, ...LONG_HEADS, ...ABSORBED, ...ABSORBED_WIDE];

/** All cases, or those of some shapes under the default constants. */
export function* cases(shapes?: readonly Shape[]): Cases<typeof attention> {
  if (shapes === undefined) yield* casesWith(EVERY, [8, 16, 32]);
  yield* casesWith(shapes ?? FOLDED, [8]);
}

/** The shapes, each under all of `lanes`: its twin is computed once. */
function* casesWith(shapes: readonly Shape[], lanes: readonly number[]): Cases<typeof attention> {
  for (const shape of shapes) {
    const p = problem(shape);
    const { heads, headSize, layouts: { q, k, v } } = p;
    const probabilities = attentionProbabilities(p, p.columns);
    const expected = {
      out: {
        values: layOutput(p, attentionApply(p, probabilities, p.columns), UNTOUCHED),
        bound: layOutput(p, attentionBounds(p, probabilities), 0),
      },
      sums: { values: sumsOf(p, UNTOUCHED) },
    };
    for (const LANES of lanes) {
      yield {
        name: p.name,
        constants: { RELATIVE: p.kind, LANES },
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
          v_offset: v.offset,
          v_stride: v.stride,
          v_head: v.head,
          out_stride: p.outStride,
          out_head: headSize,
          scale: p.scale,
        },
        buffers: {
          q: q.data,
          k: k.data,
          v: v.data,
          geometry: p.geometry,
          distance: p.distances,
          head_scale: p.headScale,
          out: new Float32Array(p.rows * p.outStride).fill(UNTOUCHED),
          sums: new Float32Array(p.rows * heads).fill(UNTOUCHED),
        },
        expected,
      };
    }
  }
}
