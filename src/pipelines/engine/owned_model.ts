/** How long a pipeline's model lives: until it is disposed of and nothing uses it any more. */

/** A model with its users: the calls under way, and the streams between their first answer and their end. */
export class OwnedModel {
  readonly #model: { dispose(): void };
  readonly #owner: string;
  #users = 0;
  #disposed = false;

  /** @param owner What messages call the pipeline. */
  constructor(model: { dispose(): void }, owner: string) {
    this.#model = model;
    this.#owner = owner;
  }

  /** @throws {Error} Where the model was disposed of. */
  check(): void {
    if (this.#disposed) throw new Error(`Cannot use this ${this.#owner}: it was disposed`);
  }

  /** Runs a call that uses the model. */
  async call<T>(compute: () => Promise<T>): Promise<T> {
    this.#enter();
    try {
      return await compute();
    } finally {
      this.#leave();
    }
  }

  /** Passes on answers that use the model from the first that is asked for. */
  async *stream<T>(answers: AsyncIterable<T>): AsyncGenerator<T> {
    this.#enter();
    try {
      yield* answers;
    } finally {
      this.#leave();
    }
  }

  /** Frees the model, after those who use it; nobody may begin to. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#users === 0) this.#model.dispose();
  }

  #enter(): void {
    this.check();
    this.#users++;
  }

  #leave(): void {
    if (--this.#users === 0 && this.#disposed) this.#model.dispose();
  }
}
