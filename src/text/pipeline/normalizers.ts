/** The normalizers of `tokenizer.json`, by their names there. */

import { memberOf } from "../bert/character_ranges.ts";
import { ACCENTS, CHINESE, DROPPED } from "../bert/characters.ts";
import { lowerCase } from "../bert/lower_case.ts";
import type { AlignedText, Changes } from "./aligned_text.ts";
import { byteLevel } from "./bytes.ts";
import { MARKS } from "./characters.ts";
import type { Part } from "./fields.ts";
import { patternOf } from "./patterns.ts";
import { PrecompiledRules } from "./precompiled.ts";
import { toUnicodeForm } from "./unicode_forms.ts";

/** Changes a text in place. */
export type Normalizer = (text: AlignedText) => void;

const isMark = memberOf(MARKS);
const isDropped = memberOf(DROPPED);
const isChinese = memberOf(CHINESE);
const isAccent = memberOf(ACCENTS);
const SPACE = /\p{White_Space}/u;
const isUnprinted = memberOf("1-8 b e-1f 7f 8f 9f");
const SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/;

const NORMALIZERS: Readonly<Record<string, (part: Part) => Normalizer>> = {
  Sequence: (part) => {
    const all = part.parts("normalizers").map(readNormalizer);
    return (text) => {
      for (const each of all) each(text);
    };
  },
  BertNormalizer: bert,
  Lowercase: () => (text) => text.map(lowerCase),
  NFC: () => (text) => toUnicodeForm("NFC", text),
  NFD: () => (text) => toUnicodeForm("NFD", text),
  NFKC: () => (text) => toUnicodeForm("NFKC", text),
  NFKD: () => (text) => toUnicodeForm("NFKD", text),
  StripAccents: () => (text) => text.filter((character) => !isMark(character)),
  Strip: (part) => {
    const left = part.flag("strip_left");
    const right = part.flag("strip_right");
    return (text) => strip(text, left, right);
  },
  Replace: (part) => {
    const find = patternOf(part);
    const content = part.text("content");
    return (text) => text.text === "" || text.replace(find(text.text), content);
  },
  Prepend: (part) => {
    const prefix = part.text("prepend");
    return (text) => text.prepend(prefix);
  },
  Nmt: () => (text) => {
    text.filter((character) => !isUnprinted(character));
    text.map((character) => SPACES.test(character) ? " " : character);
  },
  ByteLevel: () => (text) => text.map(byteLevel),
  Precompiled: (part) => {
    const rules = new PrecompiledRules(part);
    return (text) => rules.apply(text);
  },
};

/**
 * Makes a normalizer.
 *
 * @throws {TokenizerError} If its kind is not known, or a field is wrong.
 */
export function readNormalizer(part: Part): Normalizer {
  const make = Object.hasOwn(NORMALIZERS, part.type) ? NORMALIZERS[part.type]! : part.unknown(Object.keys(NORMALIZERS));
  return make(part);
}

/** BERT's normalizer as one of several; alone with BERT's words it is that of `../bert/normalizer.ts`, which is fast. */
function bert(part: Part): Normalizer {
  const clean = part.flag("clean_text", true);
  const chinese = part.flag("handle_chinese_chars", true);
  const lower = part.flag("lowercase", true);
  const accents = part.raw("strip_accents") === null ? lower : part.flag("strip_accents", lower);
  return (text) => {
    if (clean) {
      text.filter((character) => !isDropped(character));
      text.map((character) => SPACE.test(character) ? " " : character);
    }
    if (chinese) spaceChinese(text);
    if (accents) {
      toUnicodeForm("NFD", text);
      text.filter((character) => !isAccent(character));
    }
    if (lower) text.map(lowerCase);
  };
}

function spaceChinese(text: AlignedText): void {
  const next: Changes = { characters: [], changes: [] };
  for (const character of text.text) {
    const isOne = isChinese(character);
    next.characters.push(...(isOne ? [" ", character, " "] : [character]));
    next.changes.push(...(isOne ? [0, 1, 1] : [0]));
  }
  text.transform(next);
}

function strip(text: AlignedText, left: boolean, right: boolean): void {
  const characters = [...text.text];
  let first = 0;
  let end = characters.length;
  if (left) { while (first < characters.length && SPACE.test(characters[first]!)) first++; }
  if (right) { while (end > 0 && SPACE.test(characters[end - 1]!)) end--; }
  if (first === 0 && end === characters.length) return;
  const kept = characters.slice(first, Math.max(first, end));
  text.transform({ characters: kept, changes: kept.map(() => 0) }, first);
}
