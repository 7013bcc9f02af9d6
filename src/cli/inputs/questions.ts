/** The texts that the fields of a question hold. */

import { InputError } from "../../base/errors.ts";
import type { Fields } from "../../io/records/record.ts";

/** The text of a question. @throws {InputError} If there is none. */
export function textOf(fields: Fields): string {
  return stringOf(fields, "text");
}

/** The text of a question, or its two texts; a second one of `null` is none. @throws {InputError} If one is no text. */
export function textsOf(fields: Fields): { text: string; text_pair?: string } {
  const text = textOf(fields);
  return (fields.text_pair ?? null) === null ? { text } : { text, text_pair: stringOf(fields, "text_pair") };
}

function stringOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw new InputError(`must have a string "${name}", got ${JSON.stringify(value)?.slice(0, 40)}`);
}
