/** An input in a pipeline: the items to compute for it, and its outcome. */

import type { ReadoutAnswer } from "../../heads/readouts/readout.ts";
import type { Item } from "./task.ts";

/** The outcome of an input: its answer, or an error that concerns it alone. */
export type Outcome<Output> = { readonly answer: Output } | { readonly error: Error };

/** An input with its items and the results that have come so far. */
export class Entry<Output> {
  /** The items that the model must compute for it. */
  readonly items: readonly Item[];
  readonly #results: ReadoutAnswer[];
  readonly #finish: (results: readonly ReadoutAnswer[]) => Output;
  #missing: number;
  #outcome: Outcome<Output> | null = null;

  /** @param finish Makes the answer from the results of all items, or throws the error in its place. */
  constructor(items: readonly Item[], finish: (results: readonly ReadoutAnswer[]) => Output) {
    this.items = items;
    this.#results = new Array(items.length);
    this.#finish = finish;
    this.#missing = items.length;
    if (items.length === 0) this.#settle();
  }

  /** Tokens of all its items. */
  get tokens(): number {
    return this.items.reduce((sum, { encoding }) => sum + encoding.input_ids.length, 0);
  }

  /** The outcome; `null` while results are missing. */
  get outcome(): Outcome<Output> | null {
    return this.#outcome;
  }

  /** Takes the result of the item at `index`; returns whether it was the last one missing. */
  put(index: number, result: ReadoutAnswer): boolean {
    this.#results[index] = result;
    if (--this.#missing > 0) return false;
    this.#settle();
    return true;
  }

  /** The answer; all results must have come. @throws The error in its place. */
  answer(): Output {
    if (this.#outcome === null) throw new Error("Cannot answer before everything is computed");
    if ("error" in this.#outcome) throw this.#outcome.error;
    return this.#outcome.answer;
  }

  #settle(): void {
    try {
      this.#outcome = { answer: this.#finish(this.#results) };
    } catch (error) {
      this.#outcome = { error: error as Error };
    }
  }
}
