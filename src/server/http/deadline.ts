/** The end of a request: its answer, its client's leave, or its deadline. */

import { HttpError } from "./errors.ts";

/** A signal that aborts when the client is gone, or the time is over. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Work, or what the signal aborts with if that is earlier: not all work heeds a signal. */
  race<T>(work: Promise<T>): Promise<T>;
}

/** The deadline of a request. */
export function deadlineOf(client: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const leave = () => controller.abort(new HttpError("Cancelled", "The client has left"));
  const timer = setTimeout(() => {
    controller.abort(new HttpError("Timeout", `The request took longer than ${timeoutMs / 1000} s`));
  }, timeoutMs);
  if (client.aborted) leave();
  else client.addEventListener("abort", leave, { once: true });
  return {
    signal,
    race<T>(work: Promise<T>): Promise<T> {
      const { promise, reject } = Promise.withResolvers<never>();
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      client.removeEventListener("abort", leave);
    },
  };
}
