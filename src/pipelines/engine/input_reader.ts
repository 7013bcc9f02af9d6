/** Reads the inputs of a caller's iterable one at a time, with a time limit, and stops on an abort while it waits. */

/** Returned in place of the next input if it has not come in time. */
export const LATE = Symbol("late");

/** A caller's iterable, sync or async. */
export class InputReader<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #signal: AbortSignal | undefined;
  #pending: PromiseLike<IteratorResult<T>> | null = null;
  #ended = false;

  constructor(inputs: Iterable<T> | AsyncIterable<T>, signal?: AbortSignal) {
    this.#iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    this.#signal = signal;
  }

  /**
   * The next step of the iteration, or {@linkcode LATE} if it has not come after `patience` ms: the next call then
   * waits for the same step.
   *
   * @throws The signal's reason, as soon as it aborts; the error of the source.
   */
  async next(patience?: number): Promise<IteratorResult<T> | typeof LATE> {
    this.#signal?.throwIfAborted();
    try {
      const step = this.#pending ?? this.#iterator.next();
      if (!isThenable(step)) return this.#arrived(step);
      this.#pending = step;
      const settled = await this.#settled(step, patience);
      return settled === LATE ? LATE : this.#arrived(settled);
    } catch (error) {
      this.#ended = !this.#signal?.aborted;
      throw error;
    }
  }

  /** Ends the iteration. Waits for the source to end, unless it is busy with an input or the signal has aborted. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const closed = (async () => await this.#iterator.return?.())();
    if (this.#pending === null && !this.#signal?.aborted) await closed;
    else closed.catch(() => {});
  }

  #arrived(step: IteratorResult<T>): IteratorResult<T> {
    this.#pending = null;
    this.#ended = step.done ?? false;
    return step;
  }

  /** Not by `Promise.race`, which would leave a listener on the signal each time. */
  #settled(pending: PromiseLike<IteratorResult<T>>, patience?: number): Promise<IteratorResult<T> | typeof LATE> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      const timer = patience === undefined ? undefined : setTimeout(() => finish(() => resolve(LATE)), patience);
      const abort = () => finish(() => reject(signal?.reason));
      const finish = (then: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        then();
      };
      signal?.addEventListener("abort", abort, { once: true });
      pending.then((step) => finish(() => resolve(step)), (error) => finish(() => reject(error)));
    });
  }
}

/** Not `instanceof Promise`: an iterator may have promises of another realm or library. */
function isThenable<T>(step: T | PromiseLike<T>): step is PromiseLike<T> {
  return typeof (step as PromiseLike<T>).then === "function";
}
