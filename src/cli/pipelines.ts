/** Loads the pipeline of a command. */

import { requestGpu } from "../gpu/device.ts";
import { PreTrainedModel } from "../heads/pretrained.ts";
import { type DeviceOptions, DTYPES } from "../model/device_options.ts";
import type { BertTokenizer } from "../text/bert_tokenizer.ts";
import { digestOfModel, digestOfTokenizer } from "../heads/identity/digests.ts";
import { pipeline } from "../pipelines/pipeline.ts";
import type { TaskPipelines } from "../pipelines/task_pipelines.ts";
import { TASKS } from "../pipelines/task_table.ts";
import { MODEL_OPTIONS, type ModelValues, openingOf } from "./models.ts";
import { choice, flag, UsageError } from "./options.ts";
import type { Column } from "./outputs/columns.ts";
import type { Loading, StreamingModel } from "./answering/definition.ts";

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

/**
 * A model for a text command that answers by a pipeline, which it then owns.
 *
 * @param pipeline What is disposed of. A tokenizer alone will do.
 * @param columns The columns of its answers in a table.
 */
export function answerBy<Question, Answer>(
  { model, tokenizer, dispose }: { model?: object; tokenizer: BertTokenizer; dispose(): void },
  stream: StreamingModel<Question, Answer>["stream"],
  columns: readonly Column<NoInfer<Answer>>[],
): StreamingModel<Question, Answer> {
  return {
    stream,
    columns,
    async digests() {
      const files = { tokenizer: await digestOfTokenizer(tokenizer) };
      return model instanceof PreTrainedModel ? { model: await digestOfModel(model), ...files } : files;
    },
    [Symbol.dispose]: dispose,
  };
}
