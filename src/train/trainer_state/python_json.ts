/** JSON as Python's `json` writes it: with NaN and infinities, sorted keys, and floats that are told from whole numbers. */

import { isObject } from "../../base/json.ts";

/** Stands for a NaN between the text and its value: a string that nobody writes. */
const NAN = "\u0000NaN";

/** Bare words beside the strings of a text. */
const WORDS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** What a JSON number gives that is too large for a float64. */
const INFINITIES: Readonly<Record<string, string>> = { Infinity: "1e999", "-Infinity": "-1e999" };

/**
 * Reads JSON in which `NaN`, `Infinity` and `-Infinity` may stand for numbers.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parsePythonJson(text: string): unknown {
  const plain = text.replace(WORDS, (word) => word.startsWith('"') ? word : INFINITIES[word] ?? JSON.stringify(NAN));
  return JSON.parse(plain, (_, value) => value === NAN ? NaN : value);
}

/**
 * Writes what Python's `json.dumps(value, indent=2, sort_keys=True)` writes, ASCII only.
 *
 * @param isInteger Whether the numbers under a key are ints in Python; all others are written as floats, `1.0`.
 */
export function pythonJson(value: unknown, isInteger: (key: string, value: number) => boolean): string {
  const write = (value: unknown, key: string, indent: string): string => {
    const inner = indent + "  ";
    const block = (open: string, parts: string[], close: string) =>
      parts.length === 0 ? open + close : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
    if (typeof value === "number") return isInteger(key, value) ? String(value) : pythonFloat(value);
    if (Array.isArray(value)) return block("[", value.map((item) => write(item, key, inner)), "]");
    if (!isObject(value)) return ascii(JSON.stringify(value));
    const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
    return block("{", entries.map(([key, item]) => `${ascii(JSON.stringify(key))}: ${write(item, key, inner)}`), "}");
  };
  return write(value, "", "");
}

/** A number as Python's `repr` of a float: the same digits as in JavaScript, but exponents from 1e16 and below 1e-4. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return "-0.0";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const plain = String(value);
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
