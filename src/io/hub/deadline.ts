/** A time limit that can be put off, joined with the caller's signal. */

/** The reason of an abort by a {@linkcode Deadline}. */
export class DeadlineError extends Error {
  override name = "DeadlineError";
}

/** Aborts its signal when nothing happened for some time, or when the caller's signal aborts. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  readonly #outer: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort(this.#outer!.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number, outer: AbortSignal | undefined) {
    this.#milliseconds = milliseconds;
    this.#outer = outer;
    if (outer?.aborted) this.#abort();
    else outer?.addEventListener("abort", this.#abort, { once: true });
    this.putOff();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something happened: the time begins anew. */
  putOff(): void {
    clearTimeout(this.#timer);
    const seconds = this.#milliseconds / 1000;
    this.#timer = setTimeout(
      () => this.#controller.abort(new DeadlineError(`nothing came for ${seconds} s`)),
      this.#milliseconds,
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
  }
}
