/** Cases of the kernel `attention_distance_gradient`: of queries, and of keys. */

import type { attentionDistanceGradient as kernel } from "../../../src/kernels/training/attention/attention_distance_gradient.ts";
import { addByDistances } from "../../reference/attention_gradients.ts";
import type { Cases } from "../conformance.ts";
import { problem, type Shape } from "./attention_data.ts";
import { addedBounds, filled, rangesOf, RELATIVE, scoreWeights } from "./attention_gradient_data.ts";
import { ABSORBED_DISTANCES } from "./attention_shapes.ts";

/** More distances than workgroups fit one dimension. */
const FAR = 70_000;

const EVERY: readonly Shape[] = [...RELATIVE, ...ABSORBED_DISTANCES];

export function* cases(shapes: readonly Shape[] = EVERY): Cases<typeof kernel> {
  for (const shape of shapes) {
    if (shape.relative) yield caseOf(shape, 0);
  }
  if (shapes === EVERY) yield caseOf(shapes[0] as Shape, FAR);
}

/** @param more How many distances there are before those of the problem. */
function caseOf(shape: Shape, more: number): ReturnType<typeof cases> extends Generator<infer C> ? C : never {
  const p = problem(shape);
  const { heads, layouts, relative, geometry } = p;
  if (relative === null) throw new Error("the shape has no distances");
  const { distance_stride: stride, ...places } = p.places;
  const { size: headSize, withKey } = relative;
  const center = places.center + more;
  const weights = scoreWeights(p);
  const x = withKey ? layouts.k : layouts.relativeQuery;
  const to = filled({ data: new Float32Array(more * stride + p.distances.length), offset: 0, stride, head: 0 });
  const added = addByDistances({
    ranges: rangesOf(p),
    heads,
    headSize,
    weights,
    x: (r, t, a, d) => withKey ? p.k(t, a, d) : relative.q(r, a, d),
    to,
  }, { ...relative, center });
  return {
    name: more === 0 ? p.name : `${p.name}, ${to.data.length / stride} distances`,
    params: {
      ...places,
      center,
      heads,
      head_size: headSize,
      keys: p.columns,
      x_offset: x.offset,
      x_stride: x.stride,
      x_head: x.head,
      by_keys: Number(withKey),
      distances: to.data.length / stride,
      d_stride: stride,
    },
    buffers: { d_scores: weights.data, x: x.data, geometry, d_distance: to.data },
    expected: { d_distance: { values: added.values, bound: addedBounds(added) } },
  };
}
