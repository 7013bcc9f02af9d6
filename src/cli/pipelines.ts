/** Loads the pipeline of a command. */

import { requestGpu } from "../gpu/device.ts";
import { type DeviceOptions, DTYPES } from "../model/device_options.ts";
import { pipeline } from "../pipelines/pipeline.ts";
import type { TaskPipelines } from "../pipelines/task_pipelines.ts";
import { TASKS } from "../pipelines/task_table.ts";
import { MODEL_OPTIONS, type ModelValues, openingOf } from "./models.ts";
import { choice, flag, UsageError } from "./options.ts";
import type { Loading, StreamingModel } from "./text_command.ts";

/** Options of every command that takes texts as a model does. */
export const TEXT_OPTIONS = {
  ...MODEL_OPTIONS,
  truncate: flag("cut texts that are longer than the model takes"),
};

/** Options of every command that computes. */
export const PIPELINE_OPTIONS = {
  ...TEXT_OPTIONS,
  dtype: choice(
    DTYPES,
    "how weights are kept on the GPU (f32); f16 halves their memory if the device has shader-f16",
  ),
};

/**
 * Loads the model that the user names, or the shipped one.
 *
 * @throws {UsageError} If no model is named, and none is shipped.
 */
export async function loadPipeline<T extends keyof typeof TASKS>(
  task: T,
  { model, dtype, ...opening }: ModelValues & {
    model: string | undefined;
    dtype: DeviceOptions["dtype"] | undefined;
  },
  { signal, progress_callback, timings }: Loading,
): Promise<TaskPipelines[T]> {
  const { defaultModel, modelClass } = TASKS[task];
  if (model === undefined && defaultModel === null) {
    throw new UsageError(`no model is shipped for this command: give --model, the folder or Hub id of a ${modelClass}`);
  }
  if (timings !== null) {
    timings.watch((await requestGpu()).pipelines);
    timings.lap("adapter");
  }
  return await pipeline(task, model, { ...openingOf(opening), dtype, signal, progress_callback });
}

/** A model for a text command that answers by a pipeline, which it then owns. */
export function answerBy<Question, Answer>(
  { dispose }: { dispose(): void },
  stream: StreamingModel<Question, Answer>["stream"],
): StreamingModel<Question, Answer> {
  return { stream, [Symbol.dispose]: dispose };
}
