/** How errors about configs and weights word what they found. */

import { quote } from "../../io/quote.ts";

/** A value as error messages show it, in at most 60 characters. */
export function shown(value: unknown): string {
  // JSON has no words for NaN, infinities, bigints and functions.
  const text = ["number", "bigint", "function"].includes(typeof value)
    ? String(value)
    : JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** What follows a colon: one problem on the same line, several on a line each. */
export function listed(problems: readonly string[]): string {
  return problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  - ${problem}`).join("");
}

/** Names in quotes, with commas. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => quote(name)).join(", ");
}
