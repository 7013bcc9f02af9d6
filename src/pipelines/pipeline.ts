/** `pipeline`: from a task's name to a function from texts to answers. */

import { CheckpointError } from "../base/errors.ts";
import { checkOptionNames } from "../base/options.ts";
import { LOAD_OPTIONS, type LoadOptions } from "../model/model_options.ts";
import type { ModelSource } from "./engine/load.ts";
import { type PipelineOf, type TaskName, taskNamed, type TaskRow } from "./task_table.ts";

/**
 * Loads a model with its tokenizer and makes the pipeline of a task. Called with one text the pipeline gives one
 * result, with an array an array. It owns the model: `dispose()` or `using` frees its GPU memory.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using classify = await pipeline("text-classification");
 * await classify("a large animal with a long trunk"); // [{ label: "noun.animal", score: 0.9… }]
 * ```
 *
 * @param task `fill-mask`, `text-classification` (`sentiment-analysis`), `token-classification` (`ner`),
 *   `feature-extraction`, `zero-shot-classification`, `multiple-choice`, `text-ranking` or `score`.
 * @param model Path or URL of the model's folder, or its files in memory. Default, where the task has one: a small
 *   model shipped with this module, trained on WordNet's definitions.
 * @param options As of the model classes' `from_pretrained`.
 * @throws {RangeError} On an unknown task.
 * @throws {TypeError} On an unknown option.
 * @throws {CheckpointError} Where the folder cannot be read, or holds another kind of model, or none is named.
 * @throws {ConfigError} Where its configuration is not valid, or its labels do not fit the task.
 * @throws {TokenizerError} Where it holds no readable tokenizer.
 * @throws {NoAdapterError} Without a WebGPU adapter.
 */
export async function pipeline<T extends TaskName>(
  task: T,
  model?: ModelSource,
  options: LoadOptions = {},
): Promise<PipelineOf<T>> {
  const { defaultModel, modelClass, load }: TaskRow<unknown, URL | null> = taskNamed(task);
  checkOptionNames("make a pipeline", options, LOAD_OPTIONS);
  const source = model ?? defaultModel;
  if (source === null) {
    throw new CheckpointError(
      `Cannot make a pipeline: no model is shipped for ${task}; name the folder of a ${modelClass}`,
    );
  }
  return await load(source, options) as PipelineOf<T>;
}
