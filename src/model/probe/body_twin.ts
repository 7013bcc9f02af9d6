/** A body in float64: its embeddings and the first of its layers. */

import type { Ragged } from "../batch/ragged.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { type Depth, halvesOf } from "../config/halves.ts";
import { BODY, layerPath, remainingHeads, WORD_EMBEDDINGS } from "../weights/published_names.ts";
import { softmax } from "./functions.ts";
import { add, pick, rowOf, type Rows, zeroRows } from "./rows.ts";
import type { Twin } from "./twin.ts";

/** A state of the body, and what made it. */
export interface TwinState {
  /** The layer, `-1` for the embeddings. */
  readonly layer: number;
  readonly rows: Rows;
}

/** Rows of a sequence that attend to its tokens, as ranges, with their places in the sequence. */
interface Span {
  readonly rows: readonly [begin: number, end: number];
  readonly keys: readonly [begin: number, end: number];
}

/** What a layer's rows attend to. */
interface Attended {
  readonly context: Rows;
  readonly spans: readonly Span[];
  /** Places of the rows, and of the tokens, in their sequences. */
  readonly rowPlaces: ArrayLike<number>;
  readonly tokenPlaces: ArrayLike<number>;
}

/**
 * Computes a batch whose tokens are all keys.
 *
 * @param call `layers`: how many layers of each half are computed; `lastLayer`: whether an ordinary BERT's last one, which
 *   is all of its second half, computes all tokens.
 * @returns The states of all tokens in the first half, then those of the narrow rows.
 */
export function* bodyStates(
  twin: Twin,
  { config, ragged, layers, lastLayer = "rows" }: {
    config: NarrowBertConfig;
    ragged: Ragged;
    layers: Depth;
    lastLayer?: "all" | "rows";
  },
): Generator<TwinState, void> {
  const { tokenSpans, rowSpans } = spansOf(ragged);
  const { places, rows } = ragged;
  let x = embed(twin, config, ragged);
  yield { layer: -1, rows: x };
  for (let layer = 0; layer < layers.full; layer++) {
    const attended = { context: x, spans: tokenSpans, rowPlaces: places, tokenPlaces: places };
    x = computeLayer(twin, config, { layer, x, attended });
    yield { layer, rows: x };
  }
  const isOfAll = lastLayer === "all";
  const attended = {
    context: x,
    spans: isOfAll ? tokenSpans : rowSpans,
    rowPlaces: isOfAll ? places : pickPlaces(places, rows),
    tokenPlaces: places,
  };
  if (!isOfAll) x = pick(x, rows);
  for (let i = 0; i < layers.narrow; i++) {
    const layer = halvesOf(config).full + i;
    x = computeLayer(twin, config, { layer, x, attended });
    yield { layer, rows: x };
  }
}

function spansOf({ lengths, rowCounts }: Ragged): { tokenSpans: Span[]; rowSpans: Span[] } {
  let [token, row] = [0, 0];
  const spans = Array.from(lengths, (length, b) => {
    const keys = [token, token += length] as const;
    return { keys, rows: [row, row += rowCounts[b]!] as const };
  });
  return { rowSpans: spans, tokenSpans: spans.map(({ keys }) => ({ keys, rows: keys })) };
}

function pickPlaces(places: Uint32Array, rows: Uint32Array): Uint32Array {
  return rows.map((token) => places[token]!);
}

function embed(twin: Twin, config: NarrowBertConfig, { tokens }: Ragged): Rows {
  const path = `${BODY}embeddings`;
  const width = config.hidden_size;
  const indices = (part: number) => Array.from({ length: tokens.length / 4 }, (_, t) => tokens[4 * t + part]!);
  const x = twin.words(WORD_EMBEDDINGS, indices(0), width);
  add(x, twin.table(`${path}.token_type_embeddings.weight`, indices(1), width));
  if (config.position_embedding_type === "absolute") {
    add(x, twin.table(`${path}.position_embeddings.weight`, indices(2), width));
  }
  return twin.norm(x, `${path}.LayerNorm`);
}

/** Attention, then feed-forward: `LayerNorm(f(x) + x)` each. */
function computeLayer(
  twin: Twin,
  config: NarrowBertConfig,
  { layer, x, attended }: { layer: number; x: Rows; attended: Attended },
): Rows {
  const path = layerPath(config, layer);
  const width = config.hidden_size;
  const inner = attend(twin, config, { layer, x, attended });
  const dense = add(twin.dense(inner, `${path}.attention.output.dense`, width), x);
  const state = twin.norm(dense, `${path}.attention.output.LayerNorm`);
  const wide = twin.dense(state, `${path}.intermediate.dense`, config.intermediate_size);
  const out = add(twin.dense(twin.activated(wide, config.hidden_act), `${path}.output.dense`, width), state);
  return twin.norm(out, `${path}.output.LayerNorm`);
}

/** The values that each head of each row attends to, `[rows, A D]`. */
function attend(
  twin: Twin,
  config: NarrowBertConfig,
  { layer, x, attended: { context, spans, rowPlaces, tokenPlaces } }: { layer: number; x: Rows; attended: Attended },
): Rows {
  const self = `${layerPath(config, layer)}.attention.self`;
  const size = config.headSize;
  const heads = remainingHeads(config, layer).length;
  const [q, k, v] = (["query", "key", "value"] as const).map((name) => {
    return twin.dense(name === "query" ? x : context, `${self}.${name}`, heads * size);
  }) as [Rows, Rows, Rows];
  const distances = distancesOf(twin, config, self);
  const out = zeroRows(x.count, heads * size);
  for (const { rows, keys } of spans) {
    for (let r = rows[0]; r < rows[1]; r++) {
      for (let a = 0; a < heads; a++) {
        const head = (of: Rows, i: number) => rowOf(of, i).subarray(a * size, (a + 1) * size);
        const query = head(q, r);
        const weights = Float64Array.from({ length: keys[1] - keys[0] }, (_, j) => {
          const key = head(k, keys[0] + j);
          const distance = distances?.of(rowPlaces[r]! - tokenPlaces[keys[0] + j]!);
          const relative = distance ? dot(query, distance) + (distances!.withKeys ? dot(key, distance) : 0) : 0;
          return (dot(query, key) + relative) / Math.sqrt(size);
        });
        softmax(weights);
        const sum = head(out, r);
        weights.forEach((weight, j) => head(v, keys[0] + j).forEach((value, d) => sum[d]! += weight * value));
      }
    }
  }
  return out;
}

/** The embeddings of distances between places, if positions are relative. */
function distancesOf(twin: Twin, config: NarrowBertConfig, path: string) {
  const { position_embedding_type: type, max_position_embeddings: positions, headSize } = config;
  if (type === "absolute") return null;
  const rows = new Map<number, Float64Array>();
  const read = (i: number) => twin.table(`${path}.distance_embedding.weight`, [i], headSize).data;
  return {
    withKeys: type === "relative_key_query",
    of(distance: number): Float64Array {
      const known = rows.get(distance) ?? read(distance + positions - 1);
      rows.set(distance, known);
      return known;
    },
  };
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
