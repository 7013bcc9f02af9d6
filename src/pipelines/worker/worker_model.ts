/** A model in a Worker, as the pipelines of this thread see it. */

import { PermissionError, WorkerError } from "../../base/errors.ts";
import { lackingPermission, permissionFlag } from "../../base/runtime.ts";
import { RemoteCalls } from "../../heads/remote/calls.ts";
import { RemoteTrunk } from "../../heads/remote/remote_trunk.ts";
import type { ProgressInfo } from "../../io/folder/folder.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import type { ModelFile, SaveOptions } from "../../model/weights/saving.ts";
import type { ModelInWorker } from "../engine/parts.ts";
import type { AnsweringModel } from "../engine/task.ts";
import type { LoadReply, LoadRequest, WorkerOptions } from "./request.ts";

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

/** What pipelines show of models that are in Workers. */
const faces = new WeakSet<object>();

/** Whether this is what a pipeline shows of a model that is in a Worker. */
export function isInWorker(face: object): boolean {
  return faces.has(face);
}

/** What is shown of a model: all that its class has besides throws when it is read. */
function faceOf(
  { config, weightBytes }: ModelInWorker,
  { name, prototype }: { readonly name: string; readonly prototype: object },
): ModelInWorker {
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
  faces.add(face);
  return face;
}

/** A model in a Worker. */
export class WorkerModel implements AnsweringModel {
  readonly config: NarrowBertConfig;
  /** GPU bytes of the weights. */
  readonly weightBytes: number;
  readonly trunk: RemoteTrunk;
  /** What its pipeline shows of it. */
  readonly face: ModelInWorker;
  readonly #calls: RemoteCalls;

  /** @param modelClass The class that it is of, in the Worker. */
  private constructor(
    calls: RemoteCalls,
    { config, weightBytes, passTokens }: LoadReply,
    modelClass: { readonly name: string; readonly prototype: object },
  ) {
    this.#calls = calls;
    this.config = new NarrowBertConfig(config);
    this.weightBytes = weightBytes;
    this.trunk = new RemoteTrunk(calls, { passTokens });
    this.face = faceOf(this, modelClass);
  }

  /**
   * Starts a Worker that loads a model.
   *
   * @throws What the loading throws, or the reason of the signal.
   * @throws {WorkerError} If the Worker cannot be started, or ends.
   */
  static async start(
    modelClass: { readonly name: string; readonly prototype: object },
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
      return new WorkerModel(calls, await calls.call("load", request, { signal, onEvent }) as LoadReply, modelClass);
    } catch (error) {
      calls.end(error as Error);
      throw error;
    }
  }

  /** The model's files. */
  async files(options: SaveOptions): Promise<ModelFile[]> {
    return await this.#calls.call("files", options) as ModelFile[];
  }

  /** Ends the Worker. */
  dispose(): void {
    this.#calls.end(new WorkerError("The GPU's Worker was ended, as its pipeline was disposed of"));
  }
}
