/** The labels of a data set, which are found in it or given. */

import { InputError } from "../../../base/errors.ts";
import { quote, quoted } from "../../../base/messages.ts";
import type { ProblemType } from "../../../model/config/fields.ts";
import type { Label } from "../examples.ts";
import { numberOf } from "./fields.ts";

/** Most labels that a message lists. */
const MOST_LISTED = 10;

/** How often the most frequent class may occur for once of the rarest one, without a warning. */
const BALANCED = 10;

/** What data sets hold in place of a label that is not known. */
const UNLABELLED = ["-1", "-100"];

/** The labels of a data set. */
export class LabelSet {
  /** What its examples are learned as. */
  readonly problem: ProblemType;
  /** Names of the labels, in the order of their ids; none for regression. */
  readonly names: readonly string[];
  /** How often each occurs. */
  readonly counts: readonly number[];
  readonly #ids: ReadonlyMap<string, number>;
  /** Whether a label's number may stand for its name: not if a name is a number itself. */
  readonly #isNumbered: boolean;

  constructor(problem: ProblemType, names: readonly string[], counts: readonly number[]) {
    this.problem = problem;
    this.names = names;
    this.counts = counts;
    this.#ids = new Map(names.map((name, id) => [name, id]));
    this.#isNumbered = names.every((name) => Number.isNaN(numberOf(name)));
  }

  /** The id of a label. @throws {InputError} If there is no such label. */
  idOf(label: Label): number {
    const number = numberOf(label);
    const id = this.#ids.get(String(label)) ?? (this.#isNumbered ? number : this.#ids.get(String(number)) ?? NaN);
    if (Number.isInteger(id) && id >= 0 && id < this.names.length) return id;
    const names = this.names.length <= MOST_LISTED
      ? quoted(this.names)
      : `${quoted(this.names.slice(0, MOST_LISTED))}, …`;
    const numbers = this.#isNumbered ? `, or a number from 0 to ${this.names.length - 1}` : "";
    throw new InputError(
      `must have one of the ${this.names.length} labels ${names}${numbers}, ` +
        `got ${typeof label === "string" ? quote(label) : label}`,
    );
  }

  /** What is odd about the labels: one that elsewhere means that there is none; null if nothing is. */
  get unlabelled(): string | null {
    const name = UNLABELLED.find((name) => this.names.includes(name));
    const areNumbers = this.names.every((name) => /^-?\d+$/.test(name));
    if (name === undefined || !areNumbers) return null;
    return `label ${name} is a class of its own; if it marks examples without a label, as in Hugging Face's data, leave ` +
      "these out";
  }

  /** What is odd about how often the labels occur; null if nothing is. */
  get imbalance(): string | null {
    const named = this.names.map((name, id) => ({ name, count: this.counts[id] as number }));
    if (named.length === 0) return null;
    const smallest = named.reduce((a, b) => b.count < a.count ? b : a);
    const largest = named.reduce((a, b) => b.count > a.count ? b : a);
    if (largest.count <= BALANCED * smallest.count) return null;
    return `labels are imbalanced: ${largest.count} examples are of ${quote(largest.name)}, ` +
      `${smallest.count} of ${quote(smallest.name)}; class weights make up for it`;
  }
}
