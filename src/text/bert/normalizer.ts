/** BERT's normaliser: cleaned, lower-cased text without accents, and the origin of each of its characters. */

import { ACCENTS, CHINESE, COMBINING_CLASSES, DECOMPOSED, DROPPED } from "./characters.ts";
import { characterNumbers, memberOf } from "./character_ranges.ts";
import { lowerCase } from "./lower_case.ts";
import { type Mark, placeMarks } from "./mark_order.ts";

/** What is done to a text, by the names of `tokenizer.json`. */
export interface NormalizerOptions {
  /** Remove control characters, and make all white space a space. */
  clean_text: boolean;
  /** Put spaces round Chinese characters. */
  handle_chinese_chars: boolean;
  /** Remove accents; `null`: if text is lower-cased. */
  strip_accents: boolean | null;
  /** Lower-case the text. */
  lowercase: boolean;
}

/** A normalised text. Offsets are UTF-16 indices. */
export interface NormalizedText {
  /** The normalised text. */
  text: string;
  /** Offsets of the character that each unit of `text` was made from; absent if all units kept their position. */
  origins?: { starts: number[]; ends: number[] };
}

/** One of the characters that a character becomes. */
interface Part {
  /** Its text; `""` for an accent that is stripped. */
  text: string;
  /** Its combining class: marks of other classes than 0 are put in order. */
  order: number;
}

const ASCII = /^[\t\n\r -~]*$/;
const SPACE: Part = { text: " ", order: 0 };
const isDropped = memberOf(DROPPED);
const isChinese = memberOf(CHINESE);
const isDecomposed = memberOf(DECOMPOSED);
const isAccent = memberOf(ACCENTS);
const isSpace = (character: string) => /\p{White_Space}/u.test(character);
const combiningClasses = characterNumbers(COMBINING_CLASSES);

/** Most characters whose parts are cached; when there are more, the cache is cleared. */
const REMEMBERED = 1 << 14;

/** Normalises as `BertNormalizer` of Hugging Face's `tokenizers` does, one character at a time. */
export class BertNormalizer {
  readonly #options: NormalizerOptions;
  readonly #strip: boolean;
  readonly #parts = new Map<number, readonly Part[]>();

  constructor(options: NormalizerOptions) {
    this.#options = options;
    this.#strip = options.strip_accents ?? options.lowercase;
  }

  /** Normalises a text without lone surrogates. */
  normalize(text: string): NormalizedText {
    if (ASCII.test(text)) {
      const cleaned = this.#options.clean_text ? text.replace(/[\t\n\r]/g, " ") : text;
      return { text: this.#options.lowercase ? cleaned.toLowerCase() : cleaned };
    }
    let normalized = "";
    const starts: number[] = [];
    const ends: number[] = [];
    const add = (part: string, start: number, end: number) => {
      normalized += part;
      for (let unit = 0; unit < part.length; unit++) {
        starts.push(start);
        ends.push(end);
      }
    };
    let marks: Mark[] = []; // since the last character of class 0
    const addMarks = () => {
      for (const { text, start, end } of placeMarks(marks)) add(text, start, end);
      marks = [];
    };
    for (let start = 0, end = 0; start < text.length; start = end) {
      const code = text.codePointAt(start)!;
      end = start + (code > 0xffff ? 2 : 1);
      const parts = this.#parts.get(code) ?? this.#remember(code);
      for (let index = 0; index < parts.length; index++) {
        const part = parts[index]!;
        if (part.order > 0) {
          marks.push({ ...part, start, end, replaces: index === 0 });
        } else {
          if (marks.length > 0) addMarks();
          add(part.text, start, end);
        }
      }
    }
    addMarks();
    return { text: normalized, origins: { starts, ends } };
  }

  #remember(code: number): readonly Part[] {
    if (this.#parts.size >= REMEMBERED) this.#parts.clear();
    const parts = this.#partsOf(String.fromCodePoint(code));
    this.#parts.set(code, parts);
    return parts;
  }

  #partsOf(character: string): readonly Part[] {
    const { clean_text, handle_chinese_chars, lowercase } = this.#options;
    if (clean_text && isDropped(character)) return [];
    if (clean_text && isSpace(character)) return [SPACE];
    const decomposed = this.#strip && isDecomposed(character) ? [...character.normalize("NFD")] : [character];
    const parts = decomposed.map((letter) => {
      if (!this.#strip) return { text: lowercase ? lowerCase(letter) : letter, order: 0 };
      const text = isAccent(letter) ? "" : lowercase ? lowerCase(letter) : letter;
      return { text, order: combiningClasses.get(letter) ?? 0 };
    });
    return handle_chinese_chars && isChinese(character) ? [SPACE, ...parts, SPACE] : parts;
  }
}
