/** Reads the values of a record. */

import { InputError } from "../../../base/errors.ts";
import { shown } from "../../../base/messages.ts";
import type { Fields } from "../../../io/records/record.ts";
import type { Label } from "../examples.ts";

/** A text with a word in it. @throws {InputError} If it is none. */
export function textField(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw wrong(name, "a string", value);
  if (value.trim() === "") throw wrong(name, "a text with a word in it", value);
  return value;
}

/** A list of strings with a word in each. @throws {InputError} If it is none, or shorter than `least`. */
export function textsField(fields: Fields, name: string, least: number): string[] {
  const value = listField(fields, name);
  if (value.length < least) throw wrong(name, `a list of ${least} or more`, value);
  const bad = value.findIndex((item) => typeof item !== "string" || item.trim() === "");
  if (bad >= 0) throw wrong(`${name}[${bad}]`, "a string with a word in it", value[bad]);
  return value as string[];
}

/** A list. @throws {InputError} If it is none. */
export function listField(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value;
  throw wrong(name, "a list", value);
}

/** A label: a string with a word in it, a finite number, or true or false. @throws {InputError} If it is none. */
export function labelOf(value: unknown, name: string): Label {
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  throw wrong(name, "a label", value);
}

/** The error of a value that is not what it must be. */
export function wrong(name: string, expected: string, value: unknown): InputError {
  const found = value === undefined ? "none" : shown(value);
  return new InputError(`must have ${expected} in "${name}", got ${found}`);
}

/** A label as a number; NaN if it is none. */
export function numberOf(label: Label): number {
  return typeof label === "number" ? label : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(label) ? Number(label) : NaN;
}
