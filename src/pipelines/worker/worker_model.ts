/** A model in a Worker, as the pipelines of this thread see it. */

import { WorkerError } from "../../base/errors.ts";
import { RemoteCalls } from "../../heads/remote/calls.ts";
import { RemoteTrunk } from "../../heads/remote/remote_trunk.ts";
import type { ProgressInfo } from "../../io/folder/folder.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import type { ModelFile, SaveOptions } from "../../model/weights/saving.ts";
import type { AnsweringModel } from "../engine/task.ts";
import type { LoadReply, LoadRequest, WorkerOptions } from "./request.ts";

/** What the Worker cannot be asked, by name: it throws when it is read. */
function refuse(model: WorkerModel, { name, prototype }: { readonly name: string; readonly prototype: object }): void {
  for (let of = prototype; of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const member of Object.getOwnPropertyNames(of).filter((one) => !(one in model))) {
      Object.defineProperty(model, member, {
        get(): never {
          throw new TypeError(
            `Cannot use ${member} of this ${name}: it is in a Worker; its pipeline and its config can be used, or load ` +
              "it in this thread, without worker",
          );
        },
      });
    }
  }
}

/** A model in a Worker. */
export class WorkerModel implements AnsweringModel {
  readonly config: NarrowBertConfig;
  /** GPU bytes of the weights. */
  readonly weightBytes: number;
  readonly trunk: RemoteTrunk;
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
    refuse(this, modelClass);
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
    const worker = new Worker(new URL("./entry.ts", import.meta.url), { type: "module", name: "narrowbert" });
    const calls = new RemoteCalls(worker, { timeoutMs, onEnd: () => worker.terminate() });
    // What the Worker cannot tell by itself, such as that its module cannot be read.
    worker.onerror = (event) => {
      event.preventDefault();
      const [why] = event.message.split("\n"); // its stack follows
      calls.end(new WorkerError(`The GPU's Worker has ended: ${why || "it cannot be started"}`));
    };
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
