/** Names and shapes of a model's parameters, as its checkpoints publish them. */

import type { NarrowBertConfig } from "../config/config.ts";
import type { Head } from "../config/heads.ts";

/** Before the name of every parameter that is not a head's. */
export const BODY = "narrow_bert.";

/** The word embeddings `[V, H]`, which the masked language model's decoder shares. */
export const WORD_EMBEDDINGS = `${BODY}embeddings.word_embeddings.weight`;

/** A parameter's name and dimensions. */
export type NamedShape = readonly [name: string, shape: readonly number[]];

/** Which parts of a model to name. */
export interface Parts {
  readonly head: Head;
  readonly pooler: boolean;
}

/**
 * The parameters of a model by their names in a checkpoint, with their shapes; matrices are `[out, in]`.
 *
 * The decoder of the masked language model is not among them: it is the word embeddings.
 * Layers that have lost heads are stored without them.
 */
export function parameterShapes(config: NarrowBertConfig, { head, pooler }: Parts): Map<string, readonly number[]> {
  const { hidden_size: H } = config;
  return new Map([
    ...embeddings(config),
    ...Array.from({ length: config.num_hidden_layers }, (_, layer) => encoderLayer(config, layer)).flat(),
    ...(pooler ? linear(`${BODY}pooler.dense`, H, H) : []),
    ...headParameters(config, head),
  ]);
}

/**
 * What precedes the names of a layer's parameters, without a final dot: the layers are counted through full and
 * narrow, while a checkpoint has two lists that each begin with 0.
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

function embeddings(config: NarrowBertConfig): NamedShape[] {
  const { hidden_size: H } = config;
  return [
    [WORD_EMBEDDINGS, [config.vocab_size, H]],
    [`${BODY}embeddings.position_embeddings.weight`, [config.max_position_embeddings, H]],
    [`${BODY}embeddings.token_type_embeddings.weight`, [config.type_vocab_size, H]],
    ...layerNorm(`${BODY}embeddings.LayerNorm`, H),
  ];
}

function encoderLayer(config: NarrowBertConfig, layer: number): NamedShape[] {
  const { hidden_size: H, intermediate_size: F, headSize: D } = config;
  const path = layerPath(config, layer);
  const width = remainingHeads(config, layer).length * D;
  const relative = config.position_embedding_type !== "absolute";
  return [
    ...linear(`${path}.attention.self.query`, width, H),
    ...linear(`${path}.attention.self.key`, width, H),
    ...linear(`${path}.attention.self.value`, width, H),
    ...(relative ? distances(`${path}.attention.self`, config) : []),
    ...linear(`${path}.attention.output.dense`, H, width),
    ...layerNorm(`${path}.attention.output.LayerNorm`, H),
    ...linear(`${path}.intermediate.dense`, F, H),
    ...linear(`${path}.output.dense`, H, F),
    ...layerNorm(`${path}.output.LayerNorm`, H),
  ];
}

/** A row for each distance between two positions, from -(max - 1) to max - 1. */
function distances(path: string, { max_position_embeddings, headSize }: NarrowBertConfig): NamedShape[] {
  return [[`${path}.distance_embedding.weight`, [2 * max_position_embeddings - 1, headSize]]];
}

function headParameters({ hidden_size: H, vocab_size: V, num_labels }: NarrowBertConfig, head: Head): NamedShape[] {
  switch (head) {
    case "none":
      return [];
    case "masked_lm":
      return [
        ...linear("cls.predictions.transform.dense", H, H),
        ...layerNorm("cls.predictions.transform.LayerNorm", H),
        ["cls.predictions.bias", [V]],
      ];
    case "multiple_choice":
      return linear("classifier", 1, H);
    case "sequence_classification":
    case "token_classification":
      return linear("classifier", num_labels, H);
  }
}

function linear(path: string, out: number, inputs: number): NamedShape[] {
  return [[`${path}.weight`, [out, inputs]], [`${path}.bias`, [out]]];
}

function layerNorm(path: string, width: number): NamedShape[] {
  return [[`${path}.weight`, [width]], [`${path}.bias`, [width]]];
}
