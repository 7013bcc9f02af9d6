/** `pipeline`: from a task's name to a function from texts to answers. */

import { CheckpointError } from "../base/errors.ts";
import { classOf, kindOf } from "../base/messages.ts";
import { checkOptionNames } from "../base/options.ts";
import { LOAD_OPTIONS } from "../model/model_options.ts";
import { PreTrainedModel } from "../heads/pretrained.ts";
import { type ModelSource, openFolder } from "../io/folder/folder.ts";
import { BertTokenizer } from "../text/bert_tokenizer.ts";
import type { ModelInWorker, PipelineParts } from "./engine/parts.ts";
import type { TaskName, TaskPipelines } from "./task_pipelines.ts";
import { taskNamed } from "./task_table.ts";
import type { PipelineOptions, WorkerOptions } from "./worker/request.ts";
import { workerModelOf } from "./worker/worker_model.ts";

/** A loaded model, here or in a Worker, with its tokenizer. Every pipeline is such a pair. */
export type SharedParts = PipelineParts<PreTrainedModel | ModelInWorker>;

/**
 * Loads a model with its tokenizer and makes the pipeline of a task. A call with one text gives one result, a call with
 * an array gives an array. The pipeline owns the model: `dispose()` or `using` frees its GPU memory.
 *
 * In place of a folder it takes another pipeline, or a model and its tokenizer, and shares their weights: these are on
 * the GPU once, and the last to be disposed of frees them. If that one is in a Worker, the new one asks the same Worker;
 * if it is {@linkcode PipelineOwner.batched}, the new one shares its queue too, so that queries of both are answered in
 * one pass.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using classify = await pipeline("text-classification");
 * await classify("a large animal with a long trunk"); // [{ label: "noun.animal", score: 0.9… }]
 * ```
 *
 * @example Three tasks on one set of weights
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using fill = await pipeline("fill-mask");
 * using embed = await pipeline("feature-extraction", fill);
 * using score = await pipeline("score", fill);
 * await embed("a large animal", { pooling: "mean" });
 * await score("the wife of a king");
 * ```
 *
 * @param task `fill-mask`, `text-classification` (`sentiment-analysis`), `token-classification` (`ner`),
 *   `feature-extraction`, `zero-shot-classification`, `multiple-choice`, `text-ranking` or `score`.
 * @param model Path or URL of the model's folder, its id on the Hugging Face Hub, its files in memory, another pipeline, or a model and its tokenizer.
 *   Default, if the task has one: a small model shipped with this module, trained on WordNet's definitions.
 * @param options As of the model classes' `from_pretrained`, and `worker: true` to compute in a Worker.
 * @throws {RangeError} On an unknown task.
 * @throws {TypeError} On an unknown option, or if `model` is none of these, or if a model that is to be shared lacks
 *   the task's head.
 * @throws {CheckpointError} If the folder cannot be read, or holds another kind of model, or none is named.
 * @throws {ConfigError} If its configuration is not valid, or its labels do not fit the task.
 * @throws {TokenizerError} If it holds no readable tokenizer.
 * @throws {NoAdapterError} Without a WebGPU adapter.
 * @throws {DeviceLostError} If the device is lost.
 * @throws {WorkerError} If its Worker cannot be started, or ends.
 */
export function pipeline<T extends TaskName>(
  task: T,
  model: ModelSource | null | undefined,
  options: PipelineOptions & { worker: true | WorkerOptions },
): Promise<TaskPipelines<true>[T]>;
/** Makes a pipeline of a model in this thread, or one that shares the weights of a loaded model. */
export function pipeline<T extends TaskName>(
  task: T,
  model?: ModelSource | PipelineParts<PreTrainedModel> | null,
  options?: PipelineOptions,
): Promise<TaskPipelines[T]>;
/** Makes a pipeline that shares a model in a Worker. */
export function pipeline<T extends TaskName>(task: T, model: SharedParts): Promise<TaskPipelines<true>[T]>;
export async function pipeline<T extends TaskName>(
  task: T,
  model?: ModelSource | SharedParts | null,
  options: PipelineOptions = {},
): Promise<unknown> {
  const { defaultModel, modelClass, load, share } = taskNamed(task);
  if (isShared(model)) {
    checkOptionNames("make a pipeline on a loaded model", options, []);
    return await share(model, task) as TaskPipelines[T];
  }
  checkSource(model);
  checkOptionNames("make a pipeline", options, [...LOAD_OPTIONS, "worker"]);
  const source = model ?? defaultModel;
  if (source === null) {
    throw new CheckpointError(
      `Cannot make a pipeline: no model is shipped for ${task}; name the folder of a ${modelClass}`,
    );
  }
  const made = await load(source, options, task).catch(async (error) => {
    throw source === defaultModel ? await withCure(error, { folder: source, modelClass }) : error;
  }) as TaskPipelines[T];
  try {
    options.progress_callback?.({ status: "ready", task, model: `${source}` });
  } catch (error) {
    made.dispose();
    throw error;
  }
  return made;
}

/** An error about a shipped model, which says what to do if it is not there. */
async function withCure(
  error: unknown,
  { folder, modelClass }: { folder: URL; modelClass: string },
): Promise<unknown> {
  const config = () => openFolder(folder).then((opened) => opened.find("config.json")).catch(() => null);
  if (!(error instanceof CheckpointError) || await config() !== null) return error;
  return new CheckpointError(
    `${error.message}; the shipped models are files of this library, which a bundle leaves out: name the folder of a ` +
      modelClass,
    { cause: error },
  );
}

/** @throws {TypeError} If what is to be loaded is something else. */
function checkSource(model: unknown): void {
  if (model === undefined || model === null || typeof model === "string") return;
  if (model instanceof URL || model instanceof Map) return;
  throw new TypeError(
    "Cannot make a pipeline: model must be a folder's path or URL, a Hub id, its files, another pipeline, or " +
      `{ model, tokenizer }, got ${classOf(model)}`,
  );
}

/** Whether a model is loaded already. @throws {TypeError} If its `model` or `tokenizer` is something else. */
function isShared(model: ModelSource | SharedParts | null | undefined): model is SharedParts {
  const isParts = (typeof model === "object" || typeof model === "function") && model !== null && "model" in model;
  if (!isParts) return false;
  if (!(model.model instanceof PreTrainedModel) && workerModelOf(Object(model.model)) === null) {
    throw new TypeError(`Cannot make a pipeline: model must be a model of this library, got ${kindOf(model.model)}`);
  }
  if (!(model.tokenizer instanceof BertTokenizer)) {
    throw new TypeError(`Cannot make a pipeline: tokenizer must be a tokenizer, got ${kindOf(model.tokenizer)}`);
  }
  return true;
}
