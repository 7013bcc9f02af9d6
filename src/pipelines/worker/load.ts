/** Loads a pipeline's model in a Worker, and its tokenizer here. */

import type { ModelSource } from "../../io/folder/folder.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import { openTokenizer } from "../../text/tokenizer.ts";
import { type ModelLoader, openFor } from "../engine/load.ts";
import { keepFolder, type TaskParts } from "../engine/parts.ts";
import type { TaskName } from "../task_pipelines.ts";
import { loadRequest, type WorkerOptions } from "./request.ts";
import { WorkerModel, workerParts } from "./worker_model.ts";

/**
 * Loads both at once.
 *
 * @throws As loading in this thread; {@linkcode WorkerError} if the Worker cannot be started, or ends.
 */
export async function loadInWorker(
  { modelClass }: Pick<ModelLoader<unknown>, "modelClass">,
  { task, source, options, settings }: {
    task: TaskName;
    source: ModelSource;
    options: LoadOptions;
    settings: Required<WorkerOptions>;
  },
): Promise<TaskParts> {
  const { signal, progress_callback, ...quiet } = options;
  const request = loadRequest(task, source, options);
  const opened = await openFor(modelClass, source, { ...quiet, ...(signal && { signal }) });
  const loading = WorkerModel.start(modelClass, request, { signal, progress_callback, ...settings });
  const both = [loading, openTokenizer(opened.folder, opened.config.to_json())] as const;
  const [model, tokenizer] = await Promise.all(both).catch((error) => {
    loading.then((model) => model.dispose(), () => {});
    throw error;
  });
  return keepFolder({ ...workerParts(model), tokenizer }, opened.root);
}
