/** NarrowBERT's layers in float64, one sequence at a time. */

import type { NarrowBertConfig } from "../../../src/model/config/config.ts";
import { ACTIVATION_CODES } from "../../../src/kernels/rows/activation.ts";
import { activate } from "../activation.ts";
import { embeddings as embeddingsTwin } from "../embeddings.ts";
import { attend, type AttentionCall } from "./attention.ts";
import type { Sequence } from "./batch.ts";
import { dense, map, norm, pick, plus, type Rows, rowsOf, weightOf, type Weights } from "./state.ts";

/** Told of every number that goes through the activation, if someone wants to know how near they are to 0. */
export type OnActivation = (value: number) => void;

/** A model in float64. */
export interface Model {
  config: NarrowBertConfig;
  weights: Weights;
  onActivation?: OnActivation;
}

/** The last state of a sequence's narrow rows. @param headMask `[layers, heads]`, heads counted as before pruning. */
export function lastState(model: Model, sequence: Sequence, headMask: number[][] | undefined): Rows {
  const { config, weights } = model;
  const { full_length_layers: full, num_hidden_layers: layers } = config;
  const { places, keys, rows } = sequence;
  const keyPlaces = places.slice(0, keys);
  const call = (layer: number): Omit<AttentionCall, "context" | "queryPlaces"> => ({
    config,
    weights,
    path: layer < full ? `narrow_bert.encoder.layer.${layer}` : `narrow_bert.encoder_narrow.layer.${layer - full}`,
    headScale: headsOf(config, layer).map((head) => headMask?.[layer]?.[head] ?? 1),
    keys,
    keyPlaces,
  });
  let x = embed(model, sequence);
  for (let layer = 0; layer < full; layer++) {
    const attended = attend(x, { ...call(layer), context: x, queryPlaces: places });
    x = feedForward(model, attended, call(layer).path);
  }
  const context = x;
  x = pick(context, rows);
  for (let layer = full; layer < layers; layer++) {
    const attended = attend(x, { ...call(layer), context, queryPlaces: rows.map((row) => places[row]!) });
    x = feedForward(model, attended, call(layer).path);
  }
  return x;
}

/** The activation of the config. */
export function activated({ config, onActivation }: Model, x: Rows): Rows {
  return map(x, (value) => {
    onActivation?.(value);
    return activate(value, ACTIVATION_CODES[config.hidden_act]);
  });
}

/** The heads that a layer still has. */
function headsOf({ num_attention_heads: heads, pruned_heads: pruned }: NarrowBertConfig, layer: number): number[] {
  return Array.from({ length: heads }, (_, head) => head).filter((head) => !pruned[layer]?.includes(head));
}

function embed({ config, weights }: Model, { ids, types, positions, embeds, places }: Sequence): Rows {
  const { hidden_size: columns, layer_norm_eps: eps } = config;
  const path = "narrow_bert.embeddings";
  const table = (name: string) => rowsOf(weightOf(weights, `${path}.${name}_embeddings.weight`)).data;
  const words = embeds === null
    ? table("word")
    : rowsOf({ shape: [places.length, columns], data: Float64Array.from(embeds.flat()) }).data;
  const data = embeddingsTwin({
    rows: places.length,
    columns,
    tokens: places.flatMap((_, t) => [ids[t] ?? 0, types[t]!, positions[t]!, 0]),
    words,
    ...(config.position_embedding_type === "absolute" && { positions: table("position") }),
    types: table("token_type"),
    embeds: embeds !== null,
    eps,
    weight: weightOf(weights, `${path}.LayerNorm.weight`).data,
    bias: weightOf(weights, `${path}.LayerNorm.bias`).data,
  });
  return { count: places.length, columns, data };
}

/** `LayerNorm(activation(x W1 + b1) W2 + b2 + x)`. */
function feedForward(model: Model, x: Rows, path: string): Rows {
  const { config, weights } = model;
  const inner = activated(model, dense(x, weights, `${path}.intermediate.dense`));
  const out = plus(dense(inner, weights, `${path}.output.dense`), x);
  return norm(out, weights, { path: `${path}.output.LayerNorm`, eps: config.layer_norm_eps });
}
