/** Names and shapes of a model's parameters, as its layers declare them. */

import { ParameterSet, type WeightStorage } from "../../nn/parameters.ts";
import { Body } from "../body.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { BASE, type ModelParts } from "../head.ts";
import { Pooler } from "../pooler.ts";
import { inPublishedOrder } from "./published_names.ts";

/**
 * The parameters of a model by their names in a checkpoint, with their shapes; matrices are `[out, in]`.
 *
 * The decoder of the masked language model is not among them if it is the word embeddings.
 * Layers that have lost heads are stored without them.
 */
export function parameterShapes(config: NarrowBertConfig, parts: ModelParts): Map<string, readonly number[]> {
  const { all } = declareModel(config, parts);
  const shapes = all.flatMap((parameters) => [...parameters.shapes()]);
  return new Map(inPublishedOrder(shapes));
}

/** A model whose weights are declared, none of them loaded. */
export interface DeclaredModel {
  readonly body: Body;
  readonly pooler: Pooler | null;
  /** The layer that each head puts on the body, by the head's name. */
  readonly layers: Map<string, unknown>;
  /** The parameters of the body, of the pooler and of each head. */
  readonly all: ParameterSet[];
}

/** Declares a model's weights. @param storage How they will lie on a device, if they will. */
export function declareModel(
  config: NarrowBertConfig,
  { heads, pooler: wanted }: ModelParts,
  storage?: WeightStorage,
): DeclaredModel {
  const all: ParameterSet[] = [];
  const next = () => {
    const parameters = new ParameterSet(storage);
    all.push(parameters);
    return parameters;
  };
  const body = new Body(next(), config);
  const pooler = wanted ? new Pooler(next(), config) : null;
  const layers = new Map<string, unknown>([[BASE.name, pooler]]); // which any model may be shared as
  for (const head of heads) layers.set(head.name, head.declare(next(), { body, config, pooler }));
  return { body, pooler, layers, all };
}
