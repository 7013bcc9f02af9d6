/** Reads the fields of a part of `tokenizer.json`, and names whatever is wrong by its path. */

import { isObject } from "../../base/json.ts";

/** Throws the error that a value of the file is wrong. */
export type Fail = (path: string, expected: string, found: unknown) => never;

/** A part: an object with a `type`. */
export class Part {
  /** Its path in the file, as `normalizer.normalizers[0]`. */
  readonly path: string;
  /** The name of its kind. */
  readonly type: string;
  /** Throws the error that a value is wrong. */
  readonly fail: Fail;
  readonly #values: Record<string, unknown>;

  /** Takes the value at `path`, which must be an object with a type. */
  constructor(value: unknown, path: string, fail: Fail) {
    if (!isObject(value)) fail(path, "an object", value ?? null);
    if (typeof value.type !== "string") fail(`${path}.type`, "the name of a kind", value.type ?? null);
    this.#values = value;
    this.path = path;
    this.type = value.type as string;
    this.fail = fail;
  }

  /** The value of a field, unchecked; `undefined` if it is not there. */
  raw(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** Throws the error that a field is wrong. */
  wrong(name: string, expected: string): never {
    return this.fail(`${this.path}.${name}`, expected, this.raw(name) ?? null);
  }

  /** Throws the error that parts of this kind are not known. */
  unknown(known: readonly string[]): never {
    return this.fail(`${this.path}.type`, `one of ${known.join(", ")}`, this.type);
  }

  /** A text; without a default it must be there. */
  text(name: string, otherwise?: string): string {
    const value = this.raw(name) ?? otherwise;
    return typeof value === "string" ? value : this.wrong(name, "a text");
  }

  /** A single character. */
  character(name: string): string {
    const value = this.raw(name);
    return typeof value === "string" && [...value].length === 1 ? value : this.wrong(name, "a character");
  }

  /** `true` or `false`; without a default it must be there. */
  flag(name: string, otherwise?: boolean): boolean {
    const value = this.raw(name) ?? otherwise;
    return typeof value === "boolean" ? value : this.wrong(name, "true or false");
  }

  /** A whole number from `least` up; without a default it must be there. */
  count(name: string, least: number, otherwise?: number): number {
    const value = this.raw(name) ?? otherwise;
    return Number.isSafeInteger(value) && value as number >= least
      ? value as number
      : this.wrong(name, `a whole number from ${least} up`);
  }

  /** One of several texts. */
  choice<const T extends string>(name: string, choices: readonly T[], otherwise?: T): T {
    const value = this.raw(name) ?? otherwise;
    return choices.includes(value as T) ? value as T : this.wrong(name, `one of ${choices.join(", ")}`);
  }

  /** The parts of a sequence. */
  parts(name: string): Part[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) return this.wrong(name, "a list");
    return value.map((each: unknown, index) => new Part(each, `${this.path}.${name}[${index}]`, this.fail));
  }
}
