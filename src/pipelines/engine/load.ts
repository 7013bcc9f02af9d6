/** Loads a pipeline's parts from one folder: a model of the right class, and its tokenizer. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { namedHead } from "../../heads/registry.ts";
import type { PreTrainedModel } from "../../heads/pretrained.ts";
import { locateTransformer } from "../../heads/sentence/modules.ts";
import { WEIGHT_NAMES } from "../../io/checkpoint/open.ts";
import type { ModelHead } from "../../model/head.ts";
import type { ModelSource } from "../../io/folder/folder.ts";
import { type OpenedModel, openModel } from "../../model/loading.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import { TOKENIZER_CHOICES } from "../../text/files/files.ts";
import { openTokenizer } from "../../text/tokenizer.ts";
import { keepFolder, type PipelineParts } from "./parts.ts";

/** How a task loads its model. */
export interface ModelLoader<Model> {
  /** The class that the model must be of. */
  readonly modelClass: { readonly name: string; readonly head: ModelHead; readonly prototype: object };
  readonly loadModel: (opened: OpenedModel, options: LoadOptions) => Promise<Model>;
  /** Makes one on the weights of another model. @throws {TypeError} If these lack what it needs. */
  readonly shareModel: (other: PreTrainedModel) => Model;
}

/** A model with the folder that it was loaded from. */
export interface LoadedModel<Model> {
  readonly model: Model;
  readonly opened: OpenedModel;
}

/**
 * Opens a folder for a task, where in it the model is.
 *
 * @throws As {@linkcode loadParts}.
 */
export async function openFor(
  modelClass: ModelLoader<unknown>["modelClass"],
  source: ModelSource,
  options: LoadOptions,
): Promise<OpenedModel> {
  const opened = await openModel(source, options, locateTransformer);
  checkHead(modelClass, opened);
  return opened;
}

/**
 * Opens a folder, and loads the model in it.
 *
 * @param files Sets of files besides the weights of which the first that is there is read soon.
 * @throws As {@linkcode loadParts}.
 */
export async function loadModelOf<Model>(
  { modelClass, loadModel }: Pick<ModelLoader<Model>, "modelClass" | "loadModel">,
  { source, options, files = [] }: {
    source: ModelSource;
    options: LoadOptions;
    files?: readonly (readonly string[])[];
  },
): Promise<LoadedModel<Model>> {
  const opened = await openFor(modelClass, source, options);
  opened.folder.prepare?.([WEIGHT_NAMES, ...files]);
  return { model: await loadModel(opened, options), opened };
}

/**
 * Loads a model and its tokenizer from a folder that is opened once. They are in the folder itself, or where in it
 * sentence-transformers has its Transformer.
 *
 * @throws {CheckpointError} If the folder cannot be read, or holds a model of another class.
 * @throws {ConfigError} If its list of modules is not valid.
 */
export async function loadParts<Model extends { dispose(): void }>(
  loader: ModelLoader<Model>,
  source: ModelSource,
  options: LoadOptions,
): Promise<PipelineParts<Model>> {
  const { model, opened } = await loadModelOf(loader, { source, options, files: TOKENIZER_CHOICES });
  try {
    const tokenizer = await openTokenizer(opened.folder, opened.config.to_json());
    return keepFolder({ model, tokenizer }, opened.root);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Checks that weights which a pipeline is to share include the head of its task.
 *
 * @param shared The names of their heads, and of the class that they were loaded for.
 * @throws {TypeError} If they do not; the message names the task.
 */
export function checkShared(
  task: string,
  { head: wanted }: ModelLoader<unknown>["modelClass"],
  { heads, className }: { heads: readonly string[]; className: string },
): void {
  if (wanted.prefix === null || heads.includes(wanted.name)) return; // every model has a body
  throw new TypeError(
    `Cannot make a pipeline for ${task} on the weights of a ${className}: they must include the ` +
      `${wanted.name} head, got ${heads.join(", ")}; load pipeline("${task}", FOLDER) on its own`,
  );
}

/**
 * Checks that a folder's config names a class with the head that a task needs. If it names no class of this library,
 * the loading of the weights lists those that are missing.
 *
 * @throws {CheckpointError} If it names another class; the message has both.
 */
function checkHead(
  { name, head: wanted }: ModelLoader<unknown>["modelClass"],
  { folder: { location }, config }: OpenedModel,
): void {
  if (wanted.prefix === null) return; // every model has a body
  const found = namedHead(config);
  if (found === null || found === wanted) return;
  throw new CheckpointError(
    `Cannot load ${quote(location)} for this task: it takes a ${name}, got a ${config.architectures?.join(", ")}`,
  );
}
