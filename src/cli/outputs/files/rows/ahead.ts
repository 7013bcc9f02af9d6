/** An iterator that may be looked at before its values are taken. */

/** The values of an iterator, of which the next ones may be known. */
export class Ahead<T> {
  readonly #iterator: AsyncIterator<T>;
  /** Values that were looked at. */
  readonly #known: T[] = [];

  readonly #signal: AbortSignal;

  /** @param signal Ends the waiting for the next value. */
  constructor(values: AsyncIterable<T>, signal: AbortSignal) {
    this.#iterator = values[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /** Takes the next value; `undefined` at the end. */
  async next(): Promise<T | undefined> {
    this.#signal.throwIfAborted();
    if (this.#known.length > 0) return this.#known.shift();
    const { done, value } = await this.#iterator.next();
    return done ? undefined : value;
  }

  /** The first value for which something is found, and what is found; `undefined` if there is none. */
  async find<Found>(look: (value: T) => Found | undefined): Promise<Found | undefined> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => {}); // nobody may wait for it
    const abort = () => reject(this.#signal.reason);
    this.#signal.addEventListener("abort", abort);
    try {
      return await this.#find(look, aborted);
    } finally {
      this.#signal.removeEventListener("abort", abort);
    }
  }

  async #find<Found>(look: (value: T) => Found | undefined, aborted: Promise<never>): Promise<Found | undefined> {
    for (let i = 0;; i++) {
      if (i === this.#known.length) {
        const { done, value } = await Promise.race([this.#iterator.next(), aborted]);
        if (done) return undefined;
        this.#known.push(value);
      }
      const found = look(this.#known[i]!);
      if (found !== undefined) return found;
    }
  }

  /** All values that are not taken, in their order. */
  async *rest(): AsyncGenerator<T> {
    try {
      for (let value = await this.next(); value !== undefined; value = await this.next()) yield value;
    } finally {
      await this.close();
    }
  }

  /** Ends the iteration. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
