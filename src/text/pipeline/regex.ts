/** Regular expressions of `tokenizer.json`: Oniguruma's syntax as JavaScript's, as far as both mean the same. */

import { characterClass } from "../bert/character_ranges.ts";
import { hasLongFold } from "./case_folds.ts";
import { DIGITS, LETTERS, NUMBERS, REGEX_PUNCTUATION, REGEX_WORD, SPACES } from "./regex_characters.ts";

/** What stands for a class, as the inside of a character class. */
const CLASSES: Readonly<Record<string, string>> = {
  s: characterClass(SPACES),
  w: characterClass(REGEX_WORD),
  d: characterClass(DIGITS),
  h: "0-9a-fA-F",
  L: characterClass(LETTERS),
  N: characterClass(NUMBERS),
  P: characterClass(REGEX_PUNCTUATION),
};

/** Inside a class Oniguruma's `\w` lacks the superscripts and fractions of Latin-1, which it has outside. */
const WORD_IN_CLASS = characterClass(REGEX_WORD.replace(" b2-b3 ", " ").replace(" b9-ba bc-be ", " ba "));

/** Properties that are taken from the JavaScript engine. */
const PROPERTIES = new Set(
  ("Lu Ll Lt Lm Lo M Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp " +
    "Han Hiragana Katakana Hangul Latin Greek Cyrillic Arabic Hebrew Thai Devanagari").split(" "),
);
const SCRIPTS = /^[A-Z][a-z]{3,}$|^Han$/;
const SINGLE = /^[\\^$.*+?()[\]{}|/\-&~ '"#!%,:;<=>@_`]$/;
const CONTROLS: Readonly<Record<string, string>> = {
  n: "\\n",
  r: "\\r",
  t: "\\t",
  f: "\\f",
  v: "\\v",
  a: "\\x07",
  e: "\\x1b",
};

/** The ranges, in order, that match; empty ones too, but for one right after the match before. */
export type Finder = (text: string) => [from: number, to: number][];

/** Finds a text. */
export function findText(pattern: string): Finder {
  return finder(new RegExp(escape(pattern), "gu"));
}

/**
 * Finds a regular expression.
 *
 * @throws {SyntaxError} If it uses what is not known here, which the message names.
 */
export function findRegex(pattern: string): Finder {
  return finder(new RegExp(translate(pattern), "gu"));
}

function finder(expression: RegExp): Finder {
  return (text) => {
    const found: [number, number][] = [];
    let last = -1;
    for (const match of text.matchAll(expression)) {
      const from = match.index;
      const to = from + match[0].length;
      if (from === to && from === last) continue;
      found.push([from, to]);
      last = to;
    }
    return found;
  };
}

/** The text as a pattern that matches it. */
export function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function unknown(part: string): SyntaxError {
  return new SyntaxError(`"${part}" is not known here`);
}

function translate(pattern: string): string {
  let out = "";
  let at = 0;
  /** Of each open group, whether it minds no case. */
  const groups: boolean[] = [];
  const ignoresCase = () => groups.includes(true);
  /** The letters in a row before this place, in a group that minds no case. */
  let letters = "";
  const checkFolds = () => {
    if (hasLongFold(letters)) throw unknown(`(?i:${letters})`);
    letters = "";
  };
  const rest = () => pattern.slice(at);
  const take = (expression: RegExp): RegExpMatchArray | null => {
    const match = rest().match(expression);
    if (match !== null) at += match[0].length;
    return match;
  };
  /** An escape sequence, outside a class or as a part of one. */
  const escaped = (inClass: boolean): string => {
    const property = take(/^\\([pP])\{(\^?)([A-Za-z_ ]+)\}/);
    if (property !== null) {
      const [all, letter, caret, name] = property as unknown as [string, string, string, string];
      const negated = (letter === "P") !== (caret === "^");
      return classText(name, negated, inClass, all);
    }
    const known = take(/^\\([sSwWdDhH])/);
    if (known !== null) return classText(known[1]!.toLowerCase(), /[A-Z]/.test(known[1]!), inClass, known[0]);
    const code = take(/^\\x\{([0-9a-fA-F]{1,6})\}/) ?? take(/^\\u([0-9a-fA-F]{4})/) ?? take(/^\\x([0-7][0-9a-fA-F])/);
    if (code !== null) return `\\u{${code[1]}}`;
    const control = take(/^\\([nrtfvae])/);
    if (control !== null) return CONTROLS[control[1]!]!;
    const anchor = inClass ? null : take(/^\\([Az])/);
    if (anchor !== null) return anchor[1] === "A" ? "(?<![^])" : "(?![^])";
    const single = take(/^\\([^A-Za-z0-9])/u);
    if (single !== null) return literal(single[1]!);
    throw unknown(rest().slice(0, 2));
  };
  while (at < pattern.length) {
    const character = String.fromCodePoint(pattern.codePointAt(at)!);
    const isLetter = /\p{L}|\p{M}/u.test(character);
    if (isLetter && ignoresCase()) letters += character;
    if (!isLetter && !/[()]/.test(character)) checkFolds(); // Oniguruma sees letters in a row through groups
    if (character === "\\") {
      out += escaped(false);
    } else if (character === "[") {
      out += bracket();
    } else if (character === "(") {
      const group = take(/^\((\?i:|\?:|\?=|\?!|\?<=|\?<!)/) ?? (rest().startsWith("(?") ? null : take(/^\(/));
      if (group === null) throw unknown(rest().slice(0, 3));
      groups.push(group[0] === "(?i:");
      out += group[0];
    } else if (/[*+?]/.test(character)) {
      if (take(/^[*+?]\+/) !== null) throw unknown(pattern.slice(at - 2, at));
      out += take(/^[*+?]\??/)![0];
    } else if (character === "{") {
      const count = take(/^\{\d+(,\d*)?\}\??/);
      if (count === null || rest().startsWith("+")) throw unknown(rest().slice(0, 3));
      if (/^\{\d+\}\?/.test(count[0])) throw unknown(count[0]);
      out += count[0];
    } else {
      at += character.length;
      if (character === ")") groups.pop();
      out += character === "."
        ? "[^\\n]"
        : character === "^"
        ? "(?<![^\\n])"
        : character === "$"
        ? "(?![^\\n])"
        : /[)|]/.test(character)
        ? character
        : literal(character);
    }
  }
  checkFolds();
  return out;

  function bracket(): string {
    at++;
    let inside = "";
    let negated = "";
    if (take(/^\^/) !== null) negated = "^";
    for (let first = true;; first = false) {
      if (at >= pattern.length) throw new SyntaxError("a class is not closed");
      if (rest().startsWith("]") && !first) break;
      if (/^(\[|&&|\])/.test(rest())) throw unknown(rest().slice(0, 2));
      if (rest().startsWith("\\")) {
        inside += escaped(true);
        continue;
      }
      const character = String.fromCodePoint(pattern.codePointAt(at)!);
      at += character.length;
      if (ignoresCase() && hasLongFold(character)) throw unknown(`(?i:[${character}])`);
      inside += character === "-" && !isRange(inside, rest()) ? "\\-" : character === "-" ? "-" : literal(character);
    }
    at++;
    return `[${negated}${inside}]`;
  }

  function isRange(before: string, after: string): boolean {
    return before !== "" && !after.startsWith("]") && !/^\\[sSwWdDpPhH]/.test(after) && !before.endsWith("}");
  }
}

function literal(character: string): string {
  return SINGLE.test(character) ? (/[\\^$.*+?()[\]{}|/\-]/.test(character) ? `\\${character}` : character) : character;
}

function classText(name: string, negated: boolean, inClass: boolean, all: string): string {
  const known = inClass && name === "w" ? WORD_IN_CLASS : CLASSES[name];
  if (known !== undefined) {
    if (!inClass) return `[${negated ? "^" : ""}${known}]`;
    return negated ? complement(known) : known;
  }
  if (!PROPERTIES.has(name)) throw unknown(all);
  const property = SCRIPTS.test(name) ? `Script=${name}` : name;
  return `\\${negated ? "P" : "p"}{${property}}`;
}

/** The ranges of all characters that are not in a class. */
function complement(inside: string): string {
  const ranges = [...inside.matchAll(/\\u\{([0-9a-f]+)\}(?:-\\u\{([0-9a-f]+)\})?/g)].map(
    ([, first, last = first]) => [parseInt(first!, 16), parseInt(last!, 16)] as const,
  );
  let next = 0;
  let found = "";
  for (const [first, last] of ranges) {
    if (first > next) found += `\\u{${next.toString(16)}}-\\u{${(first - 1).toString(16)}}`;
    next = last + 1;
  }
  return next > 0x10ffff ? found : `${found}\\u{${next.toString(16)}}-\\u{10ffff}`;
}
