/** The wording of values in error messages. They come from untrusted files and callers, so each is cut. */

/** Longest name that a message quotes whole. */
const MAX_NAME = 200;

/** Characters that JSON leaves as they are, and that may change what a terminal shows of a line. */
const DECEPTIVE = /[\x7f-\x9f\u2028\u2029\p{Bidi_Control}]/gu;

/** A text in quotes, control characters escaped, cut after 200 characters. For names of files, tensors and keys. */
export function quote(text: string): string {
  const json = JSON.stringify(text.length <= MAX_NAME ? text : text.slice(0, MAX_NAME) + "…");
  return json.replace(DECEPTIVE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Names in quotes, with commas between them. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => quote(name)).join(", ");
}

/** The start of a text in quotes, in at most 40 characters. For texts that a model reads. */
export function excerpt(text: string): string {
  const characters = [...text.slice(0, 200)];
  const short = characters.length <= 40 && text.length <= 200;
  return JSON.stringify(short ? text : characters.slice(0, 39).join("") + "…");
}

/** A value as JSON, in at most 60 characters. For values that were read from a file. */
export function shown(value: unknown): string {
  // JSON has no words for NaN, infinities, bigints and functions.
  const text = ["number", "bigint", "function"].includes(typeof value)
    ? String(value)
    : JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** A plain value itself, a list or an object by its kind. For options. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return Array.isArray(value) ? "a list" : typeof value === "object" && value !== null ? "an object" : String(value);
}

/** The kind of a value: `null`, `an array`, `another object`, `a number`. For data of the wrong type. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "another object" : `a ${typeof value}`;
}

/** The kind of a value by the class that it is of: `a Trunk`, `an object`. For what should be of some class. */
export function classOf(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return kindOf(value);
  const name: unknown = value.constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** What follows a colon: one problem on the same line, several on a line each. */
export function listed(problems: readonly string[]): string {
  return problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  - ${problem}`).join("");
}

/**
 * The input at `index`: `text 3 of 8`, `the text` if it is the only one, `text 3` if their number is not known.
 *
 * @param noun What it is: `text`.
 */
export function nameOf(noun: string, index: number, total?: number): string {
  if (total === 1) return `the ${noun}`;
  return `${noun} ${index + 1}${total === undefined ? "" : ` of ${total}`}`;
}
