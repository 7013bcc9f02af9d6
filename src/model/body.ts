/**
 * NarrowBERT without a head: embeddings, full layers over every token, narrow layers over the rows asked for. Of an
 * ordinary BERT's last layer too only these rows are needed: with them alone it gives the same results.
 */

import { recompute } from "../graph/autodiff.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { AttentionTables, ProbabilityStorage } from "../graph/ops/attention/attention.ts";
import { gatherRows } from "../graph/ops/rows/gather_rows.ts";
import { pitch } from "../kernels/kernel.ts";
import type { AttentionOptions, AttentionResult, AttentionShape } from "../nn/attention_shape.ts";
import { Embeddings } from "../nn/embeddings.ts";
import { FeedForward } from "../nn/feed_forward.ts";
import { FullAttention } from "../nn/full_attention.ts";
import { ContextProjection } from "../nn/context_projection.ts";
import { NarrowAttention, type NarrowPlan } from "../nn/narrow_attention.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import { type Depth, halvesOf } from "./config/halves.ts";
import { BODY, layerPath, remainingHeads } from "./weights/published_names.ts";

/** Options of both halves of a traced body. */
export interface BodyCall {
  /** Whether attention probabilities are stored. */
  probabilities: ProbabilityStorage;
  /** In front of the names of the inputs that only this body reads, `head_scale.N`. */
  prefix?: string;
  /** Layers that are computed, the first of each kind. @default all */
  depth?: Depth | undefined;
  /** Called with every layer's state when it is traced; the embeddings count as layer 0. */
  onState?: (layer: number, state: Value) => void;
  /** Called with every layer's attention probabilities if they are stored; layers count from 0. */
  onAttention?: (layer: number, probabilities: Value) => void;
  /** Whether gradients compute each layer again, so that only its input is kept for them. */
  recomputes: boolean;
}

/** The parts of a model, as profiles call them. Those of the layers say how many rows they compute. */
const PARTS = {
  embeddings: "embeddings",
  full: "full layers",
  narrow: "narrow layers",
  ordinary: "narrow layers over all tokens",
};

/** One layer: attention, then feed-forward. */
interface Layer<Attention> {
  attention: Attention;
  feedForward: FeedForward;
}

/** The attention tables of the tokens, or of the narrow rows: slices of the input `attention_tables`. */
function attentionTables(g: Graph, kind: "token" | "row"): AttentionTables {
  const value = g.input("attention_tables", "u32", ["G"]);
  return {
    tiles: { value, at: g.scalar(`${kind}TilesAt`), count: g.scalar(`${kind}Tiles`) },
    queryPositions: { value, at: g.scalar(`${kind}PositionsAt`) },
    keyPositions: { value, at: g.scalar("tokenPositionsAt") },
    keys: "K",
    ...(g.differentiable && {
      keyTiles: { value, at: g.scalar(`${kind}KeyTilesAt`), count: g.scalar(`${kind}KeyTiles`) },
    }),
  };
}

/** The layers of a NarrowBERT. */
export class Body {
  /** The embeddings; their word table is also a tied decoder. */
  readonly embeddings: Embeddings;
  readonly #config: NarrowBertConfig;
  readonly #full: Layer<FullAttention>[] = [];
  readonly #narrow: Layer<NarrowAttention>[] = [];
  readonly #projection: ContextProjection;

  /** Declares the parameters of all layers. */
  constructor(parameters: ParameterSet, config: NarrowBertConfig) {
    const { hidden_size: width, layer_norm_eps: eps } = config;
    const halves = halvesOf(config);
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
    for (let layer = 0; layer < halves.full; layer++) {
      const attention = new FullAttention(parameters, attentionPath(layer), this.#attentionShape(layer));
      this.#full.push({ attention, feedForward: feedForward(layer) });
    }
    const narrow = Array.from({ length: halves.narrow }, (_, i) => ({
      path: attentionPath(halves.full + i),
      shape: this.#attentionShape(halves.full + i),
    }));
    const projection = this.#projection = new ContextProjection(parameters, narrow);
    narrow.forEach((layer, i) => {
      const attention = new NarrowAttention(parameters, layer, { projection, layer: i });
      this.#narrow.push({ attention, feedForward: feedForward(halves.full + i) });
    });
  }

  /**
   * The first half: the embeddings, then its layers over every token. Gives the context `[T, H]`.
   * Declares the inputs `attention_tables`, `head_scale.N`, and `tokens` and, if the caller gives word embeddings, `embeds`.
   */
  encode(g: Graph, { embedded, ...call }: BodyCall & { embedded: boolean }): Value {
    const tokens = g.input("tokens", "u32", ["T", 4]);
    const embeds = embedded ? g.input("embeds", "f32", ["T", this.#config.hidden_size], "pitched") : null;
    const rows = this.#tokenRows(g);
    let x = g.within(PARTS.embeddings, () => this.embeddings.apply(g, tokens, embeds));
    call.onState?.(0, x);
    for (const [layer, { attention, feedForward }] of this.#full.slice(0, call.depth?.full).entries()) {
      x = this.#layer(g, { part: PARTS.full, layer, call, inputs: { x } }, ({ x }) => {
        const attended = attention.apply(g, x, { rows, ...this.#options(g, layer, call) });
        return this.#finish(g, attended, { layer, feedForward, call });
      });
    }
    return x;
  }

  /** A context `[T, H]` that {@linkcode encode} made in another call, in the buffer that is bound by this name. */
  context(g: Graph, name: string): Value {
    return g.resident(name, "f32", ["T", this.#config.hidden_size]);
  }

  /** The narrow rows `[R, H]` of the state of all tokens. Declares the input `row_index`. */
  rows(g: Graph, x: Value): Value {
    const index = g.input("row_index", "u32", ["R"]);
    const inverse = g.differentiable ? { inverse: g.input("row_inverse", "u32", ["T"]) } : {};
    return g.within(PARTS.narrow, () => gatherRows(g, { label: "narrow_rows", x, index, ...inverse }));
  }

  /**
   * The second half over the narrow rows, in each layer against the context. Gives the rows' state `[R, H]`.
   * Declares the inputs `attention_tables`, `head_scale.N` and `row_index`.
   */
  narrow(g: Graph, context: Value, { plan, ...call }: BodyCall & { plan: NarrowPlan }): Value {
    const rows = attentionTables(g, "row");
    const together = plan.form === "projected" ? plan.together : 1;
    let x = this.rows(g, context);
    const end = Math.min(this.#narrow.length, call.depth?.narrow ?? Infinity);
    for (let first = 0, count = 0; first < end; first += count) {
      const projection = this.#projection;
      count = Math.min(projection.together(first, together), end - first);
      const group = this.#narrow.slice(first, first + count);
      const project = () => projection.project(g, context, { first, count });
      const keysAndValues = plan.form === "absorbed" ? null : g.within(PARTS.narrow, project);
      for (const [i, { attention, feedForward }] of group.entries()) {
        const layer = this.#full.length + first + i;
        const projected = keysAndValues?.(first + i) ?? null;
        x = this.#layer(g, { part: PARTS.narrow, layer, call, inputs: { x, context } }, ({ x, context }) => {
          const narrow = { context, projected };
          const attended = attention.apply(g, x, { rows, narrow, ...this.#options(g, layer, call) });
          return this.#finish(g, attended, { layer, feedForward, call });
        });
      }
    }
    return x;
  }

  /** The second half as ordinary layers over every token, `[T, H]` to `[T, H]`. */
  ordinary(g: Graph, x: Value, call: BodyCall): Value {
    const rows = this.#tokenRows(g);
    for (const [i, { attention, feedForward }] of this.#narrow.slice(0, call.depth?.narrow).entries()) {
      const layer = this.#full.length + i;
      x = this.#layer(g, { part: PARTS.ordinary, layer, call, inputs: { x } }, ({ x }) => {
        const attended = attention.applyOrdinary(g, x, { rows, ...this.#options(g, layer, call) });
        return this.#finish(g, attended, { layer, feedForward, call });
      });
    }
    return x;
  }

  /** Traces a layer, so that its gradients compute it again if the call says so. */
  #layer<I extends { x: Value; context?: Value }>(
    g: Graph,
    { part, layer, call, inputs }: { part: string; layer: number; call: BodyCall; inputs: I },
    body: (inputs: I) => Value,
  ): Value {
    const trace = (inputs: I) => g.within(part, () => body(inputs));
    return call.recomputes ? recompute(g, { label: `layer.${layer}`, inputs, body: trace }) : trace(inputs);
  }

  #tokenRows(g: Graph): AttentionTables {
    return attentionTables(g, "token");
  }

  #options(g: Graph, layer: number, { probabilities, prefix = "" }: BodyCall): Omit<AttentionOptions, "rows"> {
    const heads = remainingHeads(this.#config, layer).length;
    return { headScale: g.input(`${prefix}head_scale.${layer}`, "f32", [pitch(heads)]), probabilities };
  }

  #finish(
    g: Graph,
    { state, probabilities }: AttentionResult,
    { layer, feedForward, call }: { layer: number; feedForward: FeedForward; call: BodyCall },
  ): Value {
    if (probabilities !== null) call.onAttention?.(layer, probabilities);
    const x = feedForward.apply(g, state);
    call.onState?.(layer + 1, x);
    return x;
  }

  #attentionShape(layer: number): AttentionShape {
    const { hidden_size: width, headSize, position_embedding_type: type, layer_norm_eps: eps } = this.#config;
    const max = this.#config.max_position_embeddings;
    return { width, heads: remainingHeads(this.#config, layer).length, headSize, positions: { type, max }, eps };
  }
}
