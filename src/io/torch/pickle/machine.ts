/** The stack machine of a pickle: what opcodes work on. */

import { Refusal } from "../refusal.ts";
import type { Cursor } from "./cursor.ts";
import type { Value } from "./values.ts";

/** Most values on the stack, and most marks. PyTorch's pickles have a few thousand. */
export const MAX_STACK = 65_536;

/** What names, persistent ids and calls of a pickle mean. */
export interface Meaning {
  /** What a name of Python stands for. @throws {Refusal} If it may not be loaded. */
  load(module: string, name: string): Value;
  /** The object of a persistent id. */
  persistent(id: Value): Value;
  /** @param before The value below the function on the stack: the key that the result will have, if it is in a dict. */
  call(call: { readonly called: Value; readonly args: Value; readonly before: Value | undefined }): Value;
}

/** Stack, marks and memo. */
export class Machine {
  readonly cursor: Cursor;
  readonly meaning: Meaning;
  readonly #stack: Value[] = [];
  /** Heights of the stack at its marks. */
  readonly #marks: number[] = [];
  /**
   * The memo, by index. An array, not a map: with gaps it is one by hashes that depend on chance, and those of a map of
   * numbers do not, so that a file could choose numbers that all collide.
   */
  readonly #memo: Value[] = [];
  #remembered = 0;

  constructor(cursor: Cursor, meaning: Meaning) {
    this.cursor = cursor;
    this.meaning = meaning;
  }

  /** Values above the last mark. */
  get height(): number {
    return this.#stack.length - (this.#marks.at(-1) ?? 0);
  }

  /** Marks that are not used up. */
  get marks(): number {
    return this.#marks.length;
  }

  /** The value on top; `undefined` if there is none above the last mark. */
  peek(): Value | undefined {
    return this.height > 0 ? this.#stack.at(-1) : undefined;
  }

  push(value: Value): void {
    if (this.#stack.length >= MAX_STACK) throw tooHigh("values on its stack");
    this.#stack.push(value);
  }

  pop(): Value {
    if (this.height === 0) throw new Refusal("bad_pickle", "the pickle takes a value from an empty stack");
    return this.#stack.pop() as Value;
  }

  mark(): void {
    if (this.#marks.length >= MAX_STACK) throw tooHigh("marks");
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last mark, and all values above it. */
  popMark(): Value[] {
    const height = this.#marks.pop();
    if (height === undefined) throw new Refusal("bad_pickle", "the pickle takes values up to a mark that is not there");
    return this.#stack.splice(height);
  }

  /** Remembers the value on top. @param index Default: the number of values that are remembered. */
  remember(index: number = this.#remembered): void {
    const value = this.peek();
    if (value === undefined) throw new Refusal("bad_pickle", "the pickle remembers a value, and there is none");
    if (this.#memo[index] === undefined) this.#remembered++;
    this.#memo[index] = value;
  }

  /** Pushes a value that was remembered. */
  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) {
      throw new Refusal("bad_pickle", `the pickle asks for value ${index} of its memo, which is not there`);
    }
    this.push(value);
  }
}

function tooHigh(what: string): Refusal {
  return new Refusal("too_large", `its pickle must have at most ${MAX_STACK} ${what}`);
}
