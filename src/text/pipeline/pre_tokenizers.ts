/** The pre-tokenizers of `tokenizer.json`, by their names there: they cut a normalised text into words. */

import { characterClass } from "../bert/character_ranges.ts";
import { PUNCTUATION } from "../bert/characters.ts";
import type { AlignedText } from "./aligned_text.ts";
import { byteLevel } from "./bytes.ts";
import { NUMERIC, WORD } from "./characters.ts";
import { type Behavior, BEHAVIORS, cut } from "./cutting.ts";
import type { Part } from "./fields.ts";
import { patternOf } from "./patterns.ts";
import { type Finder, findRegex } from "./regex.ts";

/** Cuts a text; what is empty is left out afterwards. */
export type PreTokenizer = (text: AlignedText) => readonly AlignedText[];

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const WORD_CLASS = characterClass(WORD);
const space = finder("\\p{White_Space}");
const punctuation = finder(`[${characterClass(PUNCTUATION)}]`);
const number = finder(`[${characterClass(NUMERIC)}]`);
const wordOrSymbols = finder(`[${WORD_CLASS}]+|[^${WORD_CLASS}\\p{White_Space}]+`);

const PRE_TOKENIZERS: Readonly<Record<string, (part: Part) => PreTokenizer>> = {
  Sequence: (part) => {
    const all = part.parts("pretokenizers").map(readPreTokenizer);
    return (text) =>
      all.reduce<readonly AlignedText[]>((texts, each) => texts.flatMap((text) => notEmpty(each(text))), [text]);
  },
  BertPreTokenizer: () => (text) =>
    cut(text, { find: space, behavior: "Removed" }).flatMap((word) =>
      cut(word, { find: punctuation, behavior: "Isolated" })
    ),
  Whitespace: () => (text) => cut(text, { find: wordOrSymbols, behavior: "Removed", invert: true }),
  WhitespaceSplit: () => (text) => cut(text, { find: space, behavior: "Removed" }),
  Punctuation: (part) => by(punctuation, part.choice("behavior", BEHAVIORS, "Isolated")),
  Digits: (part) => by(number, part.flag("individual_digits") ? "Isolated" : "Contiguous"),
  CharDelimiterSplit: (part) => by(character(part.character("delimiter")), "Removed"),
  Split: (part) => {
    const find = patternOf(part);
    const behavior = part.choice("behavior", BEHAVIORS);
    const invert = part.flag("invert");
    return (text) => cut(text, { find, behavior, invert });
  },
  FixedLength: (part) => {
    const length = part.count("length", 1, 5);
    return (text) => {
      const starts: number[] = [];
      let at = 0;
      for (const [index, each] of [...text.text].entries()) {
        if (index % length === 0) starts.push(at);
        at += each.length;
      }
      return starts.map((start, index) => text.slice(start, starts[index + 1] ?? text.text.length));
    };
  },
  ByteLevel: (part) => {
    const prefix = part.flag("add_prefix_space");
    part.flag("trim_offsets");
    const words = part.flag("use_regex", true) ? findRegex(GPT2) : undefined;
    return (text) => {
      if (prefix && !text.text.startsWith(" ")) text.prepend(" ");
      const parts = words === undefined ? [text] : cut(text, { find: words, behavior: "Isolated" });
      for (const each of parts) each.map(byteLevel);
      return parts;
    };
  },
  Metaspace: metaspace,
};

/**
 * Makes a pre-tokenizer.
 *
 * @throws {TokenizerError} If its kind is not known, or a field is wrong.
 */
export function readPreTokenizer(part: Part): PreTokenizer {
  const make = Object.hasOwn(PRE_TOKENIZERS, part.type)
    ? PRE_TOKENIZERS[part.type]!
    : part.unknown(Object.keys(PRE_TOKENIZERS));
  return make(part);
}

/** The words of a text. */
export function wordsOf(text: AlignedText, preTokenizer: PreTokenizer | undefined): readonly AlignedText[] {
  return notEmpty(preTokenizer === undefined ? [text] : preTokenizer(text));
}

/** How a `Metaspace` begins a text; files of older versions have `add_prefix_space` in its place. */
export function prependScheme(part: Part): "always" | "first" | "never" {
  const scheme = part.choice("prepend_scheme", ["always", "first", "never"], "always");
  if (part.flag("add_prefix_space", true) || scheme === "never") return scheme;
  return part.raw("prepend_scheme") === undefined
    ? part.wrong("add_prefix_space", 'true, or prepend_scheme be "never"')
    : part.wrong("prepend_scheme", '"never", as add_prefix_space is false');
}

function metaspace(part: Part): PreTokenizer {
  const replacement = part.character("replacement");
  const scheme = prependScheme(part);
  const isCut = part.flag("split", true);
  const find = character(replacement);
  const blank = character(" ");
  return (text) => {
    text.replace(blank(text.text), replacement);
    if (scheme === "always" || scheme === "first" && text.shift === 0) {
      if (!text.text.startsWith(replacement)) text.prepend(replacement);
    }
    return isCut ? cut(text, { find, behavior: "MergedWithNext" }) : [text];
  };
}

function notEmpty(texts: readonly AlignedText[]): readonly AlignedText[] {
  return texts.every(({ text }) => text !== "") ? texts : texts.filter(({ text }) => text !== "");
}

function by(find: Finder, behavior: Behavior): PreTokenizer {
  return (text) => cut(text, { find, behavior });
}

function finder(pattern: string): Finder {
  const expression = new RegExp(pattern, "gu");
  return (text) => Array.from(text.matchAll(expression), ({ 0: { length }, index }) => [index, index + length]);
}

function character(character: string): Finder {
  return (text) => {
    const found: [number, number][] = [];
    for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + character.length)) {
      found.push([at, at + character.length]);
    }
    return found;
  };
}
