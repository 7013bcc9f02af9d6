/** A model in a Worker, as the pipelines of this thread see it. */

import { DisposedError, PermissionError, WorkerError } from "../../base/errors.ts";
import { lackingPermission, permissionFlag } from "../../base/runtime.ts";
import { RemoteCalls } from "../../heads/remote/calls.ts";
import { RemoteTrunk } from "../../heads/remote/remote_trunk.ts";
import type { ProgressInfo } from "../../io/folder/folder.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import type { ModelFile, SaveOptions } from "../../model/weights/saving.ts";
import type { ModelInWorker, TaskParts } from "../engine/parts.ts";
import type { AnsweringModel } from "../engine/task.ts";
import type { TaskName } from "../task_pipelines.ts";
import type { FilesRequest, LoadReply, LoadRequest, WorkerOptions } from "./request.ts";

/** The module of the Worker. */
const ENTRY = new URL("./entry.ts", import.meta.url);

/** The library's folder, which the Worker's modules and shaders are in. */
const LIBRARY = new URL("../../../", import.meta.url);

/** The error of a Worker that cannot run, by what is said of it. */
function startError(message: string): Error {
  const [why] = message.split("\n"); // its stack follows
  if (lackingPermission(message) !== null) {
    const flag = LIBRARY.protocol === "file:"
      ? permissionFlag("read", decodeURIComponent(LIBRARY.pathname))
      : permissionFlag("import", LIBRARY.host);
    return new PermissionError(`Deno may not read the Worker's modules, ${LIBRARY}: it takes ${flag}`);
  }
  return new WorkerError(
    `The GPU's Worker cannot run: ${why || `its module ${ENTRY} cannot be loaded`}; a bundle does not have it, and ` +
      "deno compile and deno cache take it by name",
  );
}

/** A class of models, as far as it matters here. */
interface ModelClass {
  readonly name: string;
  readonly prototype: object;
}

/** Models that are in Workers, by what pipelines show of them. */
const models = new WeakMap<object, WorkerModel>();

/** The model that a pipeline shows, if it is in a Worker; else null. */
export function workerModelOf(face: object): WorkerModel | null {
  return models.get(face) ?? null;
}

/** What a pipeline on a model in a Worker consists of, besides its tokenizer. */
export function workerParts(model: WorkerModel): Pick<TaskParts, "model" | "face" | "files"> {
  return { model, face: model.face, files: (options) => model.files(options) };
}

/** What is shown of a model: all that its class has besides throws when it is read. */
function faceOf({ config, weightBytes }: ModelInWorker, { name, prototype }: ModelClass): ModelInWorker {
  const face = { config, weightBytes };
  for (let of = prototype; of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const member of Object.getOwnPropertyNames(of).filter((one) => !(one in face))) {
      Object.defineProperty(face, member, {
        get(): never {
          throw new TypeError(
            `Cannot use ${member} of this ${name}: it is in a Worker; its pipeline and its config can be used, or load ` +
              "it in this thread, without worker",
          );
        },
      });
    }
  }
  return face;
}

/** A Worker with a loaded model, and how many use it. */
interface Loaded {
  readonly calls: RemoteCalls;
  readonly reply: LoadReply;
  readonly trunk: RemoteTrunk;
  /** The class that it was loaded for. */
  readonly className: string;
  users: number;
}

/** A model in a Worker. Several may be of one Worker, which the last of them ends. */
export class WorkerModel implements AnsweringModel {
  readonly config: NarrowBertConfig;
  /** What its pipeline shows of it. */
  readonly face: ModelInWorker;
  readonly #loaded: Loaded;
  readonly #task: TaskName;
  #isDisposed = false;

  private constructor(
    loaded: Loaded,
    { config, modelClass, task }: { config: NarrowBertConfig; modelClass: ModelClass; task: TaskName },
  ) {
    this.#loaded = loaded;
    this.#task = task;
    this.config = config;
    this.face = faceOf({ config, weightBytes: loaded.reply.weightBytes }, modelClass);
    loaded.users++;
    models.set(this.face, this);
  }

  /**
   * Starts a Worker that loads a model.
   *
   * @param modelClass The class that it is of, in the Worker.
   * @throws What the loading throws, or the reason of the signal.
   * @throws {WorkerError} If the Worker cannot be started, or ends.
   */
  static async start(
    modelClass: ModelClass,
    request: LoadRequest,
    { signal, progress_callback, timeoutMs }:
      & Pick<LoadOptions, "signal" | "progress_callback">
      & Required<WorkerOptions>,
  ): Promise<WorkerModel> {
    const worker = new Worker(ENTRY, { type: "module", name: "narrowbert" });
    const calls = new RemoteCalls(worker, { timeoutMs, onEnd: () => worker.terminate() });
    // What the Worker cannot tell by itself, such as that its module cannot be read. Browsers give no reason then.
    worker.onerror = (event) => {
      event.preventDefault();
      calls.end(startError((event as Partial<ErrorEvent>).message ?? ""));
    };
    worker.onmessageerror = () => calls.end(new WorkerError("The GPU's Worker sent what cannot be read; load again"));
    try {
      const onEvent = (info: unknown) => progress_callback?.(info as ProgressInfo);
      const reply = await calls.call("load", request, { signal, onEvent }) as LoadReply;
      const config = new NarrowBertConfig(reply.config);
      const trunk = new RemoteTrunk(calls, { config, passTokens: reply.passTokens });
      const loaded = { calls, reply, trunk, className: modelClass.name, users: 0 };
      return new WorkerModel(loaded, { config, modelClass, task: request.task });
    } catch (error) {
      calls.end(error as Error);
      throw error;
    }
  }

  /** Another model of the same Worker, for the pipeline of a task. @throws {DisposedError} If this one was disposed of. */
  share(modelClass: ModelClass, task: TaskName): WorkerModel {
    if (this.#isDisposed) {
      throw new DisposedError("Cannot share this model: it was in a Worker, and its pipeline was disposed of");
    }
    return new WorkerModel(this.#loaded, { config: this.config, modelClass, task });
  }

  /** The class that the Worker loaded it for. */
  get className(): string {
    return this.#loaded.className;
  }

  /** Names of the heads that the Worker's model has. */
  get heads(): readonly string[] {
    return this.#loaded.reply.heads;
  }

  /** What answers: one for all models of the Worker. */
  get trunk(): RemoteTrunk {
    return this.#loaded.trunk;
  }

  /** The model's files. */
  async files(options: SaveOptions): Promise<ModelFile[]> {
    const request: FilesRequest = { task: this.#task, options };
    return await this.#loaded.calls.call("files", request) as ModelFile[];
  }

  /** Ends the Worker, unless other models of it are used. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (--this.#loaded.users > 0) return;
    this.#loaded.calls.end(new WorkerError("The GPU's Worker was ended, as its pipeline was disposed of"));
  }
}
