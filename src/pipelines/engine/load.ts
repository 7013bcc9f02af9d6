/** Loads what a pipeline needs from one folder: a model of the right class, and its tokenizer. */

import { CheckpointError, ConfigError } from "../../base/errors.ts";
import type { openFolder } from "../../io/folder/folder.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import { type Head, headOf } from "../../model/config/heads.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import { NarrowBertTokenizerFast } from "../../text/tokenizer.ts";
import type { PipelineParts } from "./parts.ts";

/** A model's folder: its path or URL, or its files in memory by name. */
export type ModelSource = Parameters<typeof openFolder>[0];

/** How a task loads its model. */
export interface ModelLoader<Model> {
  /** The class that the model must be of. */
  readonly modelClass: { readonly name: string; readonly head: Head };
  readonly loadModel: (source: ModelSource, options: LoadOptions) => Promise<Model>;
}

/**
 * Loads a model and its tokenizer.
 *
 * @throws {CheckpointError} Where the folder cannot be read, or holds a model of another class.
 */
export async function loadParts<Model extends { dispose(): void }>(
  { modelClass, loadModel }: ModelLoader<Model>,
  source: ModelSource,
  options: LoadOptions,
): Promise<PipelineParts<Model>> {
  await checkHead(modelClass, source, options);
  const model = await loadModel(source, options);
  try {
    return { model, tokenizer: await NarrowBertTokenizerFast.from_pretrained(source, options) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Checks that a folder's config names a class with the head that a task needs. One that names no class of ours is left
 * to the loading of the weights, which lists what is missing.
 *
 * @throws {CheckpointError} Naming what was found and what was wanted.
 */
async function checkHead(
  { name, head: wanted }: ModelLoader<unknown>["modelClass"],
  source: ModelSource,
  { progress_callback: _toldByTheModel, ...options }: LoadOptions,
): Promise<void> {
  if (wanted === "none") return; // every model has a body
  const config = await NarrowBertConfig.from_pretrained(source, options);
  let found: Head;
  try {
    found = headOf(config);
  } catch (error) {
    if (error instanceof ConfigError) return;
    throw error;
  }
  if (found === wanted) return;
  const location = typeof source === "string" || source instanceof URL ? `"${source}"` : "the files given";
  throw new CheckpointError(
    `Cannot load ${location} for this task: it takes a ${name}, got a ${config.architectures?.join(", ")}`,
  );
}
