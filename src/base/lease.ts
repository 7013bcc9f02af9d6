/** How long a resource lives: until its owner disposes of it and its last user has left. */

import { DisposedError } from "./errors.ts";

/**
 * Counts the users of a resource, and releases it once.
 *
 * A user is a call or a stream under way. `dispose()` turns new users away and lets the present ones finish; the last
 * of them to leave releases the resource.
 *
 * @example
 * ```ts
 * const lease = new Lease("Cannot read the file: it was closed", () => console.log("closed"));
 * const text = lease.use(() => Promise.resolve("its text"));
 * lease.dispose(); // prints "closed" once the text is there
 * await text;
 * ```
 */
export class Lease {
  readonly #refusal: string;
  readonly #release: () => void;
  /** One promise a user, resolved when it leaves. */
  readonly #users = new Set<Promise<void>>();
  #disposed = false;

  /**
   * @param refusal Message of the error that users get after `dispose()`.
   * @param release Frees the resource. Called once, by `dispose()` or by the last user's leave.
   */
  constructor(refusal: string, release: () => void) {
    this.#refusal = refusal;
    this.#release = release;
  }

  /** @throws {DisposedError} If the resource was disposed of. */
  check(): void {
    if (this.#disposed) throw new DisposedError(this.#refusal);
  }

  /**
   * Adds a user, which keeps the resource until it leaves.
   *
   * @returns A function by which the user leaves; further calls of it do nothing.
   * @throws {DisposedError} If the resource was disposed of.
   */
  enter(): () => void {
    this.check();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#users.add(promise);
    return () => {
      if (!this.#users.delete(promise)) return;
      resolve();
      this.#releaseIfUnused();
    };
  }

  /** Runs work that uses the resource. Rejects if the resource was disposed of before. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Passes on values that are made with the resource. The stream is a user from its first value to its end. */
  async *stream<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
    const leave = this.enter();
    try {
      yield* values;
    } finally {
      leave();
    }
  }

  /** Resolves when everyone who uses the resource now has left. Later users are not waited for. */
  async idle(): Promise<void> {
    await Promise.all(this.#users);
  }

  /** Releases the resource, at once if nobody uses it, else when the last user leaves. Further calls do nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#releaseIfUnused();
  }

  #releaseIfUnused(): void {
    if (this.#disposed && this.#users.size === 0) this.#release();
  }
}
