/** Values read from JSON. */

/** Whether a value is an object, as JSON means it: neither `null` nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What engines have of https://tc39.es/proposal-json-parse-with-source, and TypeScript's library does not know yet. */
interface JsonWithSource {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
}

/** A number that a double may not hold, or that is not written as JavaScript writes it; also within strings. */
const UNUSUAL_NUMBER = /(?:^|[:,[\s])(?:-?(?:\d{16}|\d+[.eE])|-0)/;

/**
 * Parses JSON so that `JSON.stringify` writes each number as it is written here: 64-bit integers, 1.0, 1e400. Those that
 * JavaScript would write in another way become opaque objects, by `JSON.rawJSON`.
 *
 * @throws {SyntaxError} If it is not JSON.
 */
export function parseKeepingNumbers(text: string): unknown {
  if (!UNUSUAL_NUMBER.test(text)) return JSON.parse(text);
  const json = JSON as unknown as JsonWithSource;
  return json.parse(text, (_key, value, { source }) => {
    return typeof value === "number" && source !== undefined && String(value) !== source ? json.rawJSON(source) : value;
  });
}
