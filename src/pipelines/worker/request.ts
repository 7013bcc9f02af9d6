/** What the Worker of a pipeline is asked, besides queries. */

import { checkOptionNames } from "../../base/options.ts";
import { describe } from "../../base/messages.ts";
import type { ModelSource } from "../../io/folder/folder.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import { isOwnDevice } from "../../model/device_options.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import type { SaveOptions } from "../../model/weights/saving.ts";
import type { TaskName } from "../task_pipelines.ts";

/** How a pipeline's Worker is waited for. */
export interface WorkerOptions {
  /**
   * After how many ms without a sign of life the Worker is given up while calls are under way: they fail with a
   * `WorkerError`. Loading a model and a kernel that runs for long keep it from giving one. At least 1000. @default 60000
   */
  timeoutMs?: number;
}

/** Options of `pipeline`. */
export interface PipelineOptions extends LoadOptions {
  /**
   * Computes in a Worker, so that this thread is never kept waiting by the GPU: it tokenizes, gathers queries and makes answers
   * of what comes back. Everything is called as without; but `model` has a `config` and `weightBytes` alone, as its weights are
   * in the Worker, and the Worker keeps the process alive until the pipeline is disposed of. It is a module of this
   * library: from a file it takes `--allow-read` of the library's folder, from a URL `--allow-import` of its host.
   *
   * @default false
   */
  worker?: boolean | WorkerOptions;
}

/** What a model is loaded by, as plain data. */
export interface LoadRequest {
  readonly task: TaskName;
  readonly source: string | ReadonlyMap<string, Uint8Array>;
  readonly options: LoadOptions;
}

/** What comes of it. */
export interface LoadReply {
  readonly config: Record<string, unknown>;
  readonly weightBytes: number;
  readonly passTokens: number;
  /** Names of the heads that the model has. */
  readonly heads: readonly string[];
}

/** What a model's files are asked by. */
export interface FilesRequest {
  /** Of which task's class they are. */
  readonly task: TaskName;
  readonly options: SaveOptions;
}

/** Time after which a Worker is given up, in ms, and the least that may be asked for: a Worker takes that to start. */
const TIMEOUT_MS = 60_000;
const LEAST_MS = 1000;

/**
 * The request of a model.
 *
 * @throws {TypeError} If an option cannot be had in a Worker.
 */
export function loadRequest(task: TaskName, source: ModelSource, options: LoadOptions): LoadRequest {
  const { signal: _signal, progress_callback: _callback, device, config, cache_dir, ...plain } = options;
  if (!isOwnDevice(device)) {
    throw new TypeError("Cannot make a pipeline in a Worker: it has a device of its own, so device must be left out");
  }
  return {
    task,
    source: source instanceof Map ? source : `${source as string | URL}`,
    options: {
      ...plain,
      ...(config !== undefined && { config: config instanceof NarrowBertConfig ? config.to_json() : config }),
      ...(cache_dir !== undefined && { cache_dir: `${cache_dir}` }),
    },
  };
}

/**
 * The settings of a Worker; null if none is asked for.
 *
 * @throws {TypeError | RangeError} If they are something else.
 */
export function workerSettings(asked: PipelineOptions["worker"]): Required<WorkerOptions> | null {
  if (asked === undefined || asked === false) return null;
  if (asked === true) return { timeoutMs: TIMEOUT_MS };
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) {
    throw new TypeError(`Cannot make a pipeline: worker must be true, false or { timeoutMs }, got ${describe(asked)}`);
  }
  checkOptionNames("make a pipeline in a Worker", asked, ["timeoutMs"]);
  const { timeoutMs = TIMEOUT_MS } = asked;
  if (timeoutMs >= LEAST_MS && timeoutMs < 2 ** 31) return { timeoutMs };
  throw new RangeError(
    `Cannot make a pipeline: worker's timeoutMs must be a time from 1000 in ms, got ${describe(timeoutMs)}`,
  );
}
