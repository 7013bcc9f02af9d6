/** Cases of the kernel `attention_key_gradient`: by queries, and by embeddings of distances. */

import type { attentionKeyGradient as kernel } from "../../../src/kernels/training/attention/attention_key_gradient.ts";
import { addByKeys } from "../../reference/attention_gradients.ts";
import type { Cases } from "../conformance.ts";
import { problem, type Shape } from "./attention_data.ts";
import {
  addedBounds,
  byDistance,
  filled,
  keyTilesOf,
  PLAIN,
  RELATIVE,
  scoreWeights,
} from "./attention_gradient_data.ts";
import { ABSORBED_DISTANCES } from "./attention_shapes.ts";

const EVERY: readonly Shape[] = [...PLAIN, ...RELATIVE, ...ABSORBED_DISTANCES];

export function* cases(shapes: readonly Shape[] = EVERY): Cases<typeof kernel> {
  for (const shape of shapes) {
    if (shape.relative === 1 && shape.layout !== "shared") continue; // Keys meet the same distances under 2.
    const p = problem(shape);
    const { heads, layouts: { k, q }, relative, distances } = p;
    const { distance_stride, query_positions_at, key_positions_at, center } = p.places;
    const headSize = relative?.size ?? p.headSize;
    const weights = scoreWeights(p);
    const { tiles, tilesAt, geometry } = keyTilesOf(p);
    const x = relative === null ? q : { data: distances, offset: 0, stride: distance_stride, head: 0 };
    const to = filled(k);
    const read = relative === null ? (r: number, _t: number, a: number, d: number) => p.q(r, a, d) : byDistance(p);
    const added = addByKeys({ ranges: tiles, heads, headSize, weights, x: read, to });
    yield {
      name: p.name,
      constants: { RELATIVE: relative === null ? 0 : 1 },
      params: {
        tiles: tiles.length,
        heads,
        head_size: headSize,
        keys: p.columns,
        x_offset: x.offset,
        x_stride: x.stride,
        x_head: x.head,
        d_offset: to.offset,
        d_stride: to.stride,
        d_head: to.head,
        tiles_at: tilesAt,
        query_positions_at,
        key_positions_at,
        center,
      },
      buffers: { weights: weights.data, x: x.data, geometry, d_k: to.data },
      expected: { d_k: { values: added.values, bound: addedBounds(added) } },
    };
  }
}
