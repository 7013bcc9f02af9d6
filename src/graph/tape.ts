/** The ops of a graph in the order in which they were traced. Gradients walk them backwards. */

import type { Value } from "./value.ts";

/** An op's inputs or outputs by name. */
export type Values = Readonly<Record<string, Value | undefined>>;

/** One op of a graph. An op that is traced inside another has no entry. */
export interface TapeEntry {
  /** The op's name. */
  readonly op: string;
  /** Its label with its scopes, for messages. */
  readonly path: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /**
   * Traces the gradients of the inputs that are wanted, given those of the outputs. One that is left out is zero, or was
   * added to what is there already.
   *
   * @throws {Error} If the op has no gradient.
   */
  differentiate(gradients: Values, site: DifferentiationSite): Values;
}

/** What the walk over the tape offers to an entry. */
export interface DifferentiationSite {
  wanted(input: string): boolean;
  /** Replaces the gradient of an input so far, zeros at first, by what `update` makes of it in place. */
  accumulate(input: string, update: (sum: Value) => Value): void;
}

/** Collects entries. */
export class Tape {
  #entries: TapeEntry[] = [];

  /** The entries so far. */
  get entries(): readonly TapeEntry[] {
    return this.#entries;
  }

  /** Appends an entry. */
  push(entry: TapeEntry): void {
    this.#entries.push(entry);
  }

  /** Runs `body` and returns the entries that it made, without putting them on the tape. */
  capture<T>(body: () => T): { result: T; entries: readonly TapeEntry[] } {
    const outer = this.#entries;
    this.#entries = [];
    try {
      const result = body();
      return { result, entries: this.#entries };
    } finally {
      this.#entries = outer;
    }
  }
}
