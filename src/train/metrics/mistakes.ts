/** The worst mistakes of an evaluation. */

import { expectWhole } from "./elements.ts";

/** A text that a model got wrong. */
export interface Mistake {
  /** The text. */
  readonly text: string;
  /** What is right. */
  readonly gold: string;
  /** What was predicted. */
  readonly predicted: string;
  /** How bad it is; larger is worse. Usually the probability of what was predicted. */
  readonly score: number;
}

/**
 * Keeps the mistakes with the largest scores, whatever their number.
 *
 * @example
 * ```ts
 * import { WorstMistakes } from "@narrowbert/webgpu";
 *
 * const mistakes = new WorstMistakes(1);
 * mistakes.add({ text: "a hammer", gold: "tool", predicted: "animal", score: 0.6 });
 * mistakes.add({ text: "a robin", gold: "animal", predicted: "tool", score: 0.9 });
 * console.log(mistakes.list().map(({ text }) => text)); // ["a robin"]
 * ```
 */
export class WorstMistakes<M extends Mistake = Mistake> {
  readonly #keep: number;
  #kept: M[] = [];

  /** Keeps so many. @throws {RangeError} If `keep` is no whole number from 1. */
  constructor(keep = 20) {
    this.#keep = expectWhole("keep", keep, 1);
  }

  /** Keeps a mistake if it is among the worst. @throws {RangeError} If its score is NaN. */
  add(mistake: M): void {
    if (Number.isNaN(mistake.score)) throw new RangeError("Cannot keep a mistake: its score must be a number, got NaN");
    this.#kept.push(mistake);
    if (this.#kept.length >= 2 * this.#keep + 100) this.#kept = this.list();
  }

  /** Keeps those of another that are among the worst of both. */
  merge(other: WorstMistakes<M>): void {
    for (const mistake of other.list()) this.add(mistake);
  }

  /** The worst first; of equal ones that which was added first. */
  list(): M[] {
    return this.#kept.toSorted((a, b) => b.score - a.score).slice(0, this.#keep);
  }
}
