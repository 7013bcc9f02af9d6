/** Pulls inputs out of whatever a caller iterates over, one at a time, without ever being stuck in it. */

/** Stands for the next input where the source kept one waiting for it. */
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
   * The next step of the iteration. With `patience` in ms, {@linkcode LATE} where it has not come by then: the next
   * call waits for the same one.
   *
   * @throws The signal's reason, at once when it aborts; and what the source throws.
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

  /** Tells the source that no more is wanted, and waits for it unless it is busy with an input. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const closed = (async () => await this.#iterator.return?.())();
    if (this.#pending === null) await closed;
    else closed.catch(() => {});
  }

  #arrived(step: IteratorResult<T>): IteratorResult<T> {
    this.#pending = null;
    this.#ended = step.done ?? false;
    return step;
  }

  /** Not `Promise.race`: each race would leave a listener behind on the signal. */
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
