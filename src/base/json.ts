/** Values read from JSON. */

/** Whether a value is an object, as JSON means it: neither `null` nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What engines have of https://tc39.es/proposal-json-parse-with-source, and TypeScript's library does not know yet. */
const rawJSON = (JSON as unknown as { rawJSON(text: string): object }).rawJSON;

/** A name that JavaScript puts before others in an object, ordered as a number. */
const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** The order of the fields of objects that have such names. */
const orders = new WeakMap<object, readonly string[]>();
let isAnyOrdered = false;

/** An object with fields whose order {@linkcode entriesOf} and {@linkcode jsonText} know, whatever their names. */
export function objectOf(entries: readonly (readonly [name: string, value: unknown])[]): Record<string, unknown> {
  const object = Object.fromEntries(entries);
  if (entries.some(([name]) => INDEX.test(name))) {
    orders.set(object, [...new Set(entries.map(([name]) => name))]);
    isAnyOrdered = true;
  }
  return object;
}

/** The fields of an object, in their order. */
export function entriesOf(object: Readonly<Record<string, unknown>>): [name: string, value: unknown][] {
  const order = orders.get(object);
  return order === undefined ? Object.entries(object) : order.map((name) => [name, object[name]]);
}

/** An object without an optional field. */
export function without<T extends { readonly [N in Name]?: unknown }, Name extends string>(object: T, name: Name): T {
  return objectOf(entriesOf(object as Record<string, unknown>).filter(([own]) => own !== name)) as T;
}

/** As `JSON.stringify`, but with the fields of objects by {@linkcode objectOf} in their order. */
export function jsonText(value: unknown): string {
  return isAnyOrdered ? orderedText(value) : JSON.stringify(value);
}

function orderedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((element) => orderedText(element ?? null)).join(",")}]`;
  if (!isObject(value) || typeof value.toJSON === "function" || Object.isFrozen(value)) return JSON.stringify(value); // rawJSON is frozen
  const fields = entriesOf(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${orderedText(field)}`).join(",")}}`;
}

/** A number that a double may not hold, or that is not written as JavaScript writes it; also within strings. */
const UNUSUAL_NUMBER = /(?:^|[:,[\s])(?:-?(?:\d{16}|\d+[.eE])|-0)/;

/** A name such as {@linkcode INDEX}; also within strings. */
const UNUSUAL_NAME = /"(?:\d|\\u003\d)+"\s*:/;

/** Lists and objects within each other that {@linkcode jsonText} writes for sure; Python's limit is as large. */
const DEEPEST = 1000;

/**
 * Parses JSON so that {@linkcode jsonText} writes it as it is written here: 64-bit integers, 1.0, 1e400, and the order of
 * fields. Numbers that JavaScript would write in another way become opaque objects, by `JSON.rawJSON`.
 *
 * @throws {SyntaxError} If it is not JSON, or nested too deeply.
 */
export function parseKeeping(text: string): unknown {
  const parsed = JSON.parse(text);
  if (text.length > 2 * DEEPEST && mayBeDeep(text) && depthOf(text) > DEEPEST) {
    throw new SyntaxError(`lists and objects are nested more than ${DEEPEST} deep`);
  }
  return UNUSUAL_NUMBER.test(text) || UNUSUAL_NAME.test(text) ? new Reader(text).value() : parsed;
}

const TOKEN = /[[\]{}:,]|"(?:[^"\\]|\\.)*"|[^\s[\]{}:,"]+/g;

/** Whether text has so many ends of lists and objects. */
function mayBeDeep(text: string): boolean {
  let ends = 0;
  for (const end of ["]", "}"]) {
    for (let at = text.indexOf(end); at >= 0 && ends <= DEEPEST; at = text.indexOf(end, at + 1)) ends++;
  }
  return ends > DEEPEST;
}

/** How deeply lists and objects are nested in text that is JSON. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return deepest;
}

/** Reads text that is JSON. */
class Reader {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(TOKEN)!;
  }

  value(): unknown {
    const token = this.#next();
    if (token === "{") {
      return objectOf(this.#list("}", () => {
        const name = JSON.parse(this.#next()) as string;
        this.#next(); // the colon
        return [name, this.value()] as const;
      }));
    }
    if (token === "[") return this.#list("]", () => this.value());
    const value = JSON.parse(token);
    return typeof value === "number" && String(value) !== token ? rawJSON(token) : value;
  }

  #next(): string {
    return this.#tokens[this.#at++] as string;
  }

  #list<T>(end: string, element: () => T): T[] {
    const list: T[] = [];
    while (this.#tokens[this.#at] !== end) {
      list.push(element());
      if (this.#tokens[this.#at] === ",") this.#at++;
    }
    this.#at++;
    return list;
  }
}
