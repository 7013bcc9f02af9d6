/** Calls of methods in a Worker: answers, errors, aborts and events come back, and no call waits for a Worker that is gone. */

import { tick } from "../../base/tick.ts";
import { errorFrom } from "./error_data.ts";
import { WorkerError } from "../../base/errors.ts";
import type { FromWorker, Port, ToWorker } from "./messages.ts";

/** Most time between two questions for a sign of life while calls are under way, in ms. */
const INTERVAL = 1000;

/** How many questions at least stay without an answer before a Worker is given up. */
const LEAST = 4;

/** Options of a call. */
export interface RemoteCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Receives what the call tells meanwhile. What it throws is what the call fails with. */
  readonly onEvent?: ((event: unknown) => void) | undefined;
}

/** A call that is not done. */
interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** The calls of one Worker. */
export class RemoteCalls {
  readonly #port: Port;
  readonly #patience: number;
  readonly #onEnd: () => void;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Questions since its last sign of life. */
  #unanswered = 0;
  #end: Error | null = null;

  /**
   * @param port The Worker.
   * @param how `timeoutMs`: after how long without a sign of life the Worker is given up while a call is under way;
   *   `onEnd` is called once, when it is given up or was closed.
   */
  constructor(port: Port, { timeoutMs, onEnd }: { timeoutMs: number; onEnd: () => void }) {
    this.#port = port;
    this.#patience = timeoutMs;
    this.#onEnd = onEnd;
    port.onmessage = ({ data }) => this.#receive(data);
  }

  /**
   * Calls a method.
   *
   * @throws The reason of the signal, at once; the method's error; {@linkcode WorkerError} if the Worker is gone.
   */
  async call(method: string, argument: unknown, { signal, onEvent }: RemoteCallOptions = {}): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#end !== null) throw this.#end;
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject, onEvent });
    const abort = () => {
      this.#send({ kind: "abort", id });
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#watch();
    try {
      this.#send({ kind: "call", id, method, argument });
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#pending.delete(id);
      this.#watch();
    }
  }

  /** Gives the Worker up: calls under way, and all later ones, fail with the error. */
  end(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#watch();
    this.#port.onmessage = null;
    this.#onEnd();
  }

  #send(message: ToWorker): void {
    this.#port.postMessage(message);
  }

  #receive(message: FromWorker): void {
    this.#unanswered = 0;
    if (message.kind === "pong") return this.#watch();
    if (message.kind === "died") {
      const cause = errorFrom(message.error);
      return this.end(new WorkerError(`The GPU's Worker has ended: ${cause.message}; load the model again`, { cause }));
    }
    const pending = this.#pending.get(message.id); // not if it was aborted
    if (message.kind === "result") pending?.resolve(message.value);
    else if (message.kind === "error") pending?.reject(errorFrom(message.error));
    else {
      try {
        pending?.onEvent?.(message.event);
      } catch (error) {
        this.#send({ kind: "abort", id: message.id });
        pending?.reject(error);
      }
    }
  }

  /**
   * Asks for signs of life as long as calls are under way, or a question is open: callers that abort tell nothing of the
   * Worker. The questions are counted, and answers that have come are read first: this thread may be busy too.
   */
  #watch(): void {
    if (this.#end !== null || (this.#pending.size === 0 && this.#unanswered === 0)) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined) return;
    const every = Math.min(INTERVAL, this.#patience / LEAST);
    this.#timer = setInterval(async () => {
      if (this.#unanswered * every >= this.#patience) await tick();
      if (this.#unanswered * every >= this.#patience) {
        const waited = `${this.#patience / 1000} s`;
        return this.end(
          new WorkerError(`The GPU's Worker has given no sign of life for ${waited}; load the model again`),
        );
      }
      this.#unanswered++;
      this.#send({ kind: "ping" });
    }, every);
  }
}
