/** NarrowBERT without a head: embeddings, full layers over every token, narrow layers over the rows asked for. */

import type { Graph, Value } from "../graph/graph.ts";
import type { RowGeometry } from "../graph/ops/attention.ts";
import { gatherRows } from "../graph/ops/rows.ts";
import { pitch } from "../kernels/kernel.ts";
import type { AttentionOptions, AttentionResult, AttentionShape } from "../nn/attention_shape.ts";
import { Embeddings } from "../nn/embeddings.ts";
import { FeedForward } from "../nn/feed_forward.ts";
import { FullAttention } from "../nn/full_attention.ts";
import { ContextProjection, NarrowAttention } from "../nn/narrow_attention.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import type { RowRule } from "./batch/packing.ts";
import { BODY, layerPath, remainingHeads } from "./weights/published_names.ts";

/** What a traced body computes. */
export interface BodyCall {
  /** Which rows the narrow layers compute. */
  rule: RowRule;
  /** How many narrow layers' keys and values are projected at once; null for the absorbed form, which needs none. */
  projected: number | null;
  /** Whether attention probabilities may be kept in memory where that is faster. */
  storable: boolean;
  /** Whether the caller gives word embeddings. */
  embedded: boolean;
  /** Name every layer's state as an output `hidden_states.N`. */
  hiddenStates: boolean;
  /** Keep every layer's probabilities as an output `attentions.N`. */
  attentions: boolean;
}

/** Where the tokens' and the narrow rows' records lie in the geometry, by names of sizes. */
function rowGeometry(geometry: Value, kind: "token" | "row"): RowGeometry {
  return {
    geometry,
    tiles: `${kind}Tiles`,
    tilesAt: `${kind}TilesAt`,
    queryPositionsAt: `${kind}PositionsAt`,
    keyPositionsAt: "tokenPositionsAt",
    keys: "K",
  };
}

/** The layers of a NarrowBERT. */
export class Body {
  /** The embeddings; their word table is also a tied decoder. */
  readonly embeddings: Embeddings;
  readonly #config: NarrowBertConfig;
  readonly #full: { attention: FullAttention; feedForward: FeedForward }[] = [];
  readonly #narrow: { attention: NarrowAttention; feedForward: FeedForward }[] = [];
  readonly #projection: ContextProjection | null;

  /** Declares the parameters of all layers. */
  constructor(parameters: ParameterSet, config: NarrowBertConfig) {
    const { hidden_size: width, layer_norm_eps: eps, full_length_layers: full, num_hidden_layers: layers } = config;
    this.#config = config;
    this.embeddings = new Embeddings(parameters, `${BODY}embeddings`, {
      vocabulary: config.vocab_size,
      positions: config.max_position_embeddings,
      types: config.type_vocab_size,
      width,
      eps,
      addPositions: config.position_embedding_type === "absolute",
    });
    const path = (layer: number) => layerPath(config, layer);
    const attentionPath = (layer: number) => `${path(layer)}.attention`;
    const feedForward = (layer: number) =>
      new FeedForward(parameters, path(layer), {
        width,
        inner: config.intermediate_size,
        activation: config.hidden_act,
        eps,
      });
    for (let layer = 0; layer < full; layer++) {
      const attention = new FullAttention(parameters, attentionPath(layer), this.#attentionShape(layer));
      this.#full.push({ attention, feedForward: feedForward(layer) });
    }
    const narrow = Array.from({ length: layers - full }, (_, i) => ({
      path: attentionPath(full + i),
      shape: this.#attentionShape(full + i),
    }));
    this.#projection = narrow.length === 0 ? null : new ContextProjection(parameters, narrow);
    narrow.forEach((layer, i) => {
      const projection = this.#projection as ContextProjection;
      const attention = new NarrowAttention(parameters, layer, { projection, layer: i });
      this.#narrow.push({ attention, feedForward: feedForward(full + i) });
    });
  }

  /**
   * Traces the model and returns its last state: `[T, H]` under the rule `ordinary`, else `[R, H]`.
   * Declares the inputs `tokens`, `geometry`, `head_scale.N` and, as needed, `embeds` and `row_index`.
   */
  apply(g: Graph, call: BodyCall): Value {
    const { hidden_size: width } = this.#config;
    const geometry = g.input("geometry", "u32", ["G"]);
    const tokens = g.input("tokens", "u32", ["T", 4]);
    const embeds = call.embedded ? g.input("embeds", "f32", ["T", width], "pitched") : null;
    const kept = { store: call.attentions, storable: call.storable };
    let count = 0;
    const keep = (state: Value) => {
      if (call.hiddenStates) g.output(`hidden_states.${count++}`, state);
      return state;
    };
    let layer = 0;
    const run = (attend: (options: Omit<AttentionOptions, "rows">) => AttentionResult, feed: FeedForward) => {
      const headScale = g.input(`head_scale.${layer}`, "f32", [pitch(remainingHeads(this.#config, layer).length)]);
      const { state, probabilities } = attend({ headScale, ...kept });
      if (call.attentions && probabilities !== null) g.output(`attentions.${layer}`, probabilities);
      layer++;
      return keep(feed.apply(g, state));
    };

    let x = keep(this.embeddings.apply(g, tokens, embeds));
    const tokenRows = rowGeometry(geometry, "token");
    for (const { attention, feedForward } of this.#full) {
      const state = x;
      x = run((options) => attention.apply(g, state, { rows: tokenRows, ...options }), feedForward);
    }
    if (call.rule === "ordinary") {
      for (const { attention, feedForward } of this.#narrow) {
        const state = x;
        x = run((options) => attention.applyOrdinary(g, state, { rows: tokenRows, ...options }), feedForward);
      }
      return x;
    }
    const context = x;
    x = gatherRows(g, { label: "narrow_rows", x: context, index: g.input("row_index", "u32", ["R"]) });
    const rows = rowGeometry(geometry, "row");
    const keyValues = call.projected === null
      ? null
      : this.#projection?.projectedLayers(g, context, call.projected) ?? null;
    for (const [i, { attention, feedForward }] of this.#narrow.entries()) {
      const state = x;
      const narrow = { context, keyValue: keyValues?.(i) ?? null };
      x = run((options) => attention.apply(g, state, { rows, narrow, ...options }), feedForward);
    }
    return x;
  }

  #attentionShape(layer: number): AttentionShape {
    const { hidden_size: width, headSize, position_embedding_type: type, layer_norm_eps: eps } = this.#config;
    const max = this.#config.max_position_embeddings;
    return { width, heads: remainingHeads(this.#config, layer).length, headSize, positions: { type, max }, eps };
  }
}
