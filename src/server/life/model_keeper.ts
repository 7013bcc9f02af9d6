/** Keeps a model loaded: one that is lost is loaded again, and given up if that does not help. */

import { NarrowBertError } from "../../../mod.ts";
import { HttpError } from "../http/errors.ts";
import type { ServedModel } from "../models/served_model.ts";

/** So many losses in so many ms end the service. */
const LOSSES = 3;
const WITHIN_MS = 60_000;

/** What errors say that a model is lost. */
const LOST = ["worker", "device_lost", "probe"];

/** Whether an error says that a model is lost. */
function isLoss(error: unknown): error is NarrowBertError {
  return error instanceof NarrowBertError && LOST.includes(error.code);
}

/** A model that is loaded, or is loaded again. */
export class ModelKeeper {
  readonly name: string;
  readonly #load: (isAgain: boolean) => Promise<ServedModel>;
  readonly #onFatal: (error: Error) => void;
  #model: ServedModel | null = null;
  #losses: number[] = [];
  #isClosed = false;

  /** @param how `load` loads the model, `onFatal` is called when it is given up. */
  constructor(
    name: string,
    { load, onFatal }: { load: (isAgain: boolean) => Promise<ServedModel>; onFatal: (error: Error) => void },
  ) {
    this.name = name;
    this.#load = load;
    this.#onFatal = onFatal;
  }

  /** Loads it for the first time. @throws As loading does. */
  async start(): Promise<void> {
    await this.#begin(false);
  }

  async #begin(isAgain: boolean): Promise<void> {
    if (this.#isClosed) return;
    const model = await this.#load(isAgain);
    if (this.#isClosed) model.dispose();
    else this.#model = model;
  }

  /** Whether it answers now. */
  get isReady(): boolean {
    return this.#model !== null;
  }

  /** The model, if it is there. */
  get model(): ServedModel | null {
    return this.#model;
  }

  /** Runs work with the model. @throws {HttpError} If it is not there. */
  async use<T>(work: (model: ServedModel) => Promise<T>): Promise<T> {
    const model = this.#model;
    if (model === null) {
      throw new HttpError("Unhealthy", "The model is being loaded; try again later", {
        headers: { "retry-after": "1" },
      });
    }
    try {
      return await work(model);
    } catch (error) {
      if (isLoss(error) && this.#model === model) this.#lose(model, error);
      throw error;
    }
  }

  /** Frees the model, and loads no other one. */
  close(): void {
    this.#isClosed = true;
    this.#model?.dispose();
    this.#model = null;
  }

  #lose(model: ServedModel, error: Error): void {
    this.#model = null;
    model.dispose();
    void this.#recover(error);
  }

  async #recover(cause: Error): Promise<void> {
    for (;;) {
      const now = performance.now();
      this.#losses = [...this.#losses.filter((time) => now - time < WITHIN_MS), now];
      if (this.#losses.length >= LOSSES) {
        const message = `the model ${this.name} was lost ${LOSSES} times in a minute: ${cause.message}`;
        return this.#onFatal(new Error(message, { cause }));
      }
      try {
        return await this.#begin(true);
      } catch (error) {
        cause = error as Error;
      }
      if (this.#isClosed) return;
    }
  }
}
