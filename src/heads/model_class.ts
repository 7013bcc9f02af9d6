/** Classes of models, and how one of any class is made from a folder. */

import type { NarrowBertConfig } from "../model/config/config.ts";
import type { ModelWeights } from "../model/core.ts";
import { hasPooler, type ModelHead, type ModelParts } from "../model/head.ts";
import { loadCore, type OpenedModel, randomCore } from "../model/loading.ts";
import type { LoadOptions, ModelOptions } from "../model/model_options.ts";
import { HEADS, registeredHead } from "./registry.ts";

/** A class of models, as the static methods of `PreTrainedModel` see it. */
export interface ModelClass<M> {
  /** Makes a model on weights that are loaded, which it keeps until it is disposed of. */
  new (weights: ModelWeights): M;
  /** Name of the class. */
  readonly name: string;
  /** What the class puts on the body. */
  readonly head: ModelHead;
}

/** The heads that a class needs, and whether its model has a pooler. @throws {TypeError} As {@linkcode registeredHead}. */
export function partsOf(
  { head }: { readonly head: ModelHead },
  options: { readonly add_pooling_layer?: boolean },
): ModelParts {
  return { heads: [registeredHead(head)], pooler: hasPooler(head, options) };
}

/** Makes a model of a class from a folder that is open. @throws As `loadCore`. */
export async function loadOpened<M>(modelClass: ModelClass<M>, opened: OpenedModel, options: LoadOptions): Promise<M> {
  return new modelClass(await loadCore(opened, { ...partsOf(modelClass, options), known: HEADS }, options));
}

/** Makes a model of a class with random weights. @throws As `randomCore`. */
export async function makeRandom<M>(
  modelClass: ModelClass<M>,
  config: NarrowBertConfig,
  options: ModelOptions & { seed?: number },
): Promise<M> {
  return new modelClass(await randomCore(config, partsOf(modelClass, options), options));
}
