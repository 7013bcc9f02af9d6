/** Cases of the kernel `attention_query_gradient`: by keys, and by embeddings of distances. */

import type { attentionQueryGradient as kernel } from "../../../src/kernels/training/attention/attention_query_gradient.ts";
import { addByRows } from "../../reference/attention_gradients.ts";
import type { Cases } from "../conformance.ts";
import { problem, type Shape } from "./attention_data.ts";
import { addedBounds, byDistance, filled, PLAIN, rangesOf, RELATIVE, scoreWeights } from "./attention_gradient_data.ts";

export function* cases(shapes: readonly Shape[] = [...PLAIN, ...RELATIVE]): Cases<typeof kernel> {
  for (const shape of shapes) {
    if (shape.relative === 2) continue; // What the keys meet besides makes no difference here.
    const p = problem(shape);
    const { heads, layouts: { k, q, relativeQuery }, relative, distances, geometry } = p;
    const { distance_stride, ...places } = p.places;
    const headSize = relative?.size ?? p.headSize;
    const weights = scoreWeights(p);
    const x = relative === null ? k : { data: distances, offset: 0, stride: distance_stride, head: 0 };
    const to = filled(relative === null ? q : relativeQuery);
    const read = relative === null ? (_r: number, t: number, a: number, d: number) => p.k(t, a, d) : byDistance(p);
    const added = addByRows({ ranges: rangesOf(p), heads, headSize, weights, x: read, to });
    yield {
      name: p.name,
      constants: { RELATIVE: relative === null ? 0 : 1 },
      params: {
        ...places,
        heads,
        head_size: headSize,
        keys: p.columns,
        x_offset: x.offset,
        x_stride: x.stride,
        x_head: x.head,
        d_offset: to.offset,
        d_stride: to.stride,
        d_head: to.head,
      },
      buffers: { d_scores: weights.data, x: x.data, geometry, d_q: to.data },
      expected: { d_q: { values: added.values, bound: addedBounds(added) } },
    };
  }
}
