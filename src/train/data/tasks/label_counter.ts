/** Finds the labels of examples, or checks them against those that there are. */

import { InputError } from "../../../base/errors.ts";
import { quote, shown } from "../../../base/messages.ts";
import type { ProblemType } from "../../../model/config/fields.ts";
import { ownCopy } from "../../../text/own_copy.ts";
import type { Label } from "../examples.ts";
import { numberOf } from "./fields.ts";
import { LabelSet } from "./labels.ts";

/** Most labels that are found: with more they are hardly classes. */
const MOST_LABELS = 65_536;

/** Options of a {@linkcode LabelCounter}. */
export interface LabelOptions {
  /** The labels that there are, in the order of their ids; left out, they are found. */
  names?: readonly string[];
  /** What the examples are learned as; left out, the labels tell. */
  problem?: ProblemType;
}

/**
 * Takes the labels of examples one by one, and counts them. If nobody says what they are learned as, lists are several
 * labels at once; numbers, one of which has a fraction, are regression; anything else is a class.
 */
export class LabelCounter {
  /** Undefined as long as labels may be anything. */
  #problem: ProblemType | undefined;
  readonly #given: LabelSet | null;
  readonly #counts: number[];
  readonly #found = new Map<string, number>();

  constructor({ names, problem }: LabelOptions) {
    this.#problem = problem;
    this.#given = names === undefined ? null : new LabelSet(problem ?? "single_label_classification", names, []);
    this.#counts = names?.map(() => 0) ?? [];
  }

  /** Takes the label of an example, or its list of labels. @throws {InputError} If it does not fit. */
  add(label: Label | readonly Label[]): void {
    if (typeof label === "object") {
      // A label that is none of a list was counted before.
      if (this.#problem === undefined && this.#found.size === 0) this.#problem = "multi_label_classification";
      if (this.#problem !== "multi_label_classification") {
        throw new InputError(`must have one label, got the list ${shown(label)}`);
      }
      for (const each of label) this.count(each);
      return;
    }
    if (this.#problem === "multi_label_classification") {
      throw new InputError(`must have a list of labels, got ${shown(label)}`);
    }
    this.#problem ??= this.#given === null ? problemOf(label) : "single_label_classification";
    if (this.#problem === "regression") this.#checkNumber(label);
    else this.count(label);
  }

  /** Counts one label. @throws {InputError} If there is no such label. */
  count(label: Label): void {
    if (this.#given !== null) {
      this.#counts[this.#given.idOf(label)]!++;
      return;
    }
    const name = String(label);
    const count = this.#found.get(name);
    if (count !== undefined) this.#found.set(name, count + 1);
    else if (this.#found.size < MOST_LABELS) this.#found.set(ownCopy(name), 1);
    else {
      throw new InputError(
        `must have one of at most ${MOST_LABELS} labels, got another one; ` +
          'numbers that are no classes are learned by problem_type: "regression"',
      );
    }
  }

  /**
   * The labels of all examples: those given, or those found, in order.
   *
   * @throws {InputError} If fewer than two were found: there is nothing to learn.
   */
  finish(): LabelSet {
    const problem = this.#problem ?? "single_label_classification";
    if (problem === "regression") return new LabelSet(problem, [], []);
    if (this.#given !== null) return new LabelSet(problem, this.#given.names, this.#counts);
    const names = sorted([...this.#found.keys()]);
    if (names.length < 2) {
      const found = names.length === 0 ? "have no label" : `are all labelled ${quote(names[0] as string)}`;
      throw new InputError(`Cannot use the data: two labels at least are needed to learn from, but examples ${found}`);
    }
    return new LabelSet(problem, names, names.map((name) => this.#found.get(name) as number));
  }

  #checkNumber(label: Label): void {
    this.#found.clear(); // whole numbers, which could have been classes
    if (Number.isFinite(Math.fround(numberOf(label)))) return;
    throw new InputError(`must have a finite number as its label, got ${shown(label)}`);
  }
}

/** What a label shows of the problem; undefined if it is a whole number, which may be a class or not. */
function problemOf(label: Label): ProblemType | undefined {
  const number = numberOf(label);
  if (Number.isNaN(number)) return "single_label_classification";
  const isWhole = Number.isInteger(number) && !(typeof label === "string" && /[.e]/i.test(label));
  return isWhole ? undefined : "regression";
}

/** Numbers by size, names by their characters. */
function sorted(names: string[]): string[] {
  const areNumbers = names.every((name) => /^-?\d+$/.test(name));
  return names.sort(areNumbers ? (a, b) => Number(a) - Number(b) : (a, b) => a < b ? -1 : 1);
}
