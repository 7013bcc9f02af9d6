/** Attention of a layer in float64: rows of a sequence attend to the keys of its context. */

import type { NarrowBertConfig } from "../../../src/model/config/config.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import { attention as attentionTwin, type Read, type RelativeTerm } from "../attention.ts";
import { dense, norm, plus, type Rows, weightOf, type Weights, zeroRows } from "./state.ts";

/** What a layer's rows attend to. */
export interface AttentionCall {
  config: NarrowBertConfig;
  weights: Weights;
  /** Path of the layer, such as `narrow_bert.encoder.layer.0`. */
  path: string;
  /** The scale of each head that the layer has. */
  headScale: readonly number[];
  /** Keys and values are projections of its first `keys` rows. */
  context: Rows;
  keys: number;
  /** Places of the rows, and of the keys, in the sequence. */
  queryPlaces: readonly number[];
  keyPlaces: readonly number[];
}

/** `LayerNorm(attention(x) W + b + x)`. */
export function attend(x: Rows, call: AttentionCall): Rows {
  const { config, weights, path, headScale, context, keys } = call;
  const { headSize } = config;
  const heads = headScale.length;
  const self = `${path}.attention.self`;
  const projected = (name: string, rows: Rows): Read => {
    const { columns, data } = dense(rows, weights, `${self}.${name}`);
    return (i, a, d) => data[i * pitch(columns) + a * headSize + d]!;
  };
  const q = projected("query", x);
  const attended = attentionTwin({
    sequences: [{ rowStart: 0, rowCount: x.count, keyStart: 0, keyCount: keys }],
    rows: x.count,
    heads,
    headSize,
    q,
    k: projected("key", context),
    v: projected("value", context),
    scale: 1 / Math.sqrt(headSize),
    headScale,
    relative: relativeTerm(q, call),
  });
  const inner = zeroRows(x.count, heads * headSize);
  for (let r = 0; r < x.count; r++) {
    const row = attended.subarray(r * inner.columns, (r + 1) * inner.columns);
    inner.data.set(row, r * pitch(inner.columns));
  }
  const out = plus(dense(inner, weights, `${path}.attention.output.dense`), x);
  return norm(out, weights, { path: `${path}.attention.output.LayerNorm`, eps: config.layer_norm_eps });
}

/** The embeddings of distances, if positions are relative. */
function relativeTerm(q: Read, { config, weights, path, queryPlaces, keyPlaces }: AttentionCall): RelativeTerm | null {
  const { position_embedding_type: type, max_position_embeddings: positions, headSize: size } = config;
  if (type === "absolute") return null;
  const table = weightOf(weights, `${path}.attention.self.distance_embedding.weight`).data;
  return {
    withKey: type === "relative_key_query",
    q,
    size,
    distance: (i, d) => table[i * size + d]!,
    center: positions - 1,
    queryPositions: queryPlaces,
    keyPositions: keyPlaces,
  };
}
