/** Names of a model's parameters, as its checkpoints publish them. */

import type { NarrowBertConfig } from "../config/config.ts";

/** Before the name of every parameter that is not a head's. */
export const BODY = "narrow_bert.";

/** The word embeddings `[V, H]`, which are the masked language model's decoder too unless it has one of its own. */
export const WORD_EMBEDDINGS = `${BODY}embeddings.word_embeddings.weight`;

/** The decoder `[V, H]` of a masked language model, if the word embeddings are not tied. */
export const DECODER = "cls.predictions.decoder.weight";

/** The bias `[V]` of a masked language model's logits. */
export const LOGIT_BIAS = "cls.predictions.bias";

/** The same by its other name: of a decoder of its own transformers 5 reads that alone, and version 4 either. */
export const DECODER_BIAS = "cls.predictions.decoder.bias";

/**
 * Prefix of the names of a layer's parameters, without a final dot. `layer` counts full and narrow layers together; a
 * checkpoint has two lists that each begin with 0.
 */
export function layerPath({ full_length_layers }: { readonly full_length_layers: number }, layer: number): string {
  return layer < full_length_layers
    ? `${BODY}encoder.layer.${layer}`
    : `${BODY}encoder_narrow.layer.${layer - full_length_layers}`;
}

/** The heads that a layer still has, in order, numbered as before pruning. */
export function remainingHeads(config: NarrowBertConfig, layer: number): number[] {
  const pruned = config.pruned_heads[layer] ?? [];
  return Array.from({ length: config.num_attention_heads }, (_, head) => head).filter((head) => !pruned.includes(head));
}

/** A layer's weights in the order of BERT's files, each its weight before its bias. */
const LAYER_ORDER = [
  "attention.self.query",
  "attention.self.key",
  "attention.self.value",
  "attention.self.distance_embedding",
  "attention.output.dense",
  "attention.output.LayerNorm",
  "intermediate.dense",
  "output.dense",
  "output.LayerNorm",
];

/** The lists of a model's parameters, in their order. */
const LISTS = ["embeddings.", "encoder.layer.", "encoder_narrow.layer.", "pooler."].map((list) => BODY + list);

/** Parameters in the order of BERT's files; those of a list without layers keep their order. */
export function inPublishedOrder<T>(parameters: readonly (readonly [name: string, T])[]): (readonly [string, T])[] {
  const places = new Map(parameters.map((entry) => [entry, placeOf(entry[0])]));
  return parameters.toSorted((one, other) => {
    const [a, b] = [places.get(one)!, places.get(other)!];
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  });
}

/** The list that a parameter belongs to, its layer, and its place there. */
function placeOf(name: string): [list: number, layer: number, place: number] {
  const list = LISTS.findIndex((list) => name.startsWith(list));
  if (list < 0) return [LISTS.length, 0, 0];
  const [, layer, rest] = /^(\d+)\.(.+)\.[a-z]+$/.exec(name.slice(LISTS[list]!.length)) ?? [];
  return [list, Number(layer ?? 0), LAYER_ORDER.indexOf(rest ?? "")];
}
