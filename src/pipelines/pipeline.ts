/** `pipeline`: from a task's name to a function from texts to answers. */

import type { LoadOptions } from "../model/pretrained.ts";
import { type ModelSource, type PipelineOf, type TaskName, TASKS } from "./tasks.ts";

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
 * @param task `fill-mask`, `text-classification` or its other name `sentiment-analysis`.
 * @param model Path or URL of the model's folder, or its files in memory. Default: a small model shipped with this
 *   module, trained on WordNet's definitions.
 * @param options As of the model classes' `from_pretrained`.
 * @throws {RangeError} On an unknown task.
 * @throws {CheckpointError} Where the folder cannot be read, or holds another kind of model.
 * @throws {ConfigError} Where its configuration is not valid.
 * @throws {TokenizerError} Where it holds no readable tokenizer.
 * @throws {NoAdapterError} Without a WebGPU adapter.
 */
export async function pipeline<T extends TaskName>(
  task: T,
  model?: ModelSource,
  options: LoadOptions = {},
): Promise<PipelineOf<T>> {
  if (!Object.hasOwn(TASKS, task)) {
    const names = Object.keys(TASKS).join(", ");
    throw new RangeError(`Cannot make a pipeline: task must be one of ${names}, got "${task}"`);
  }
  const { defaultModel, load } = TASKS[task];
  return await load(model ?? defaultModel, options) as PipelineOf<T>;
}
