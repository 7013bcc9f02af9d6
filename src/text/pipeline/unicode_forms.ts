/** Unicode's four normal forms, with what each character does to the place it takes. */

import { characterClass, characterNumbers } from "../bert/character_ranges.ts";
import { COMBINING_CLASSES, DECOMPOSED } from "../bert/characters.ts";
import type { AlignedText, Changes } from "./aligned_text.ts";
import { COMPATIBLE } from "./characters.ts";

/** The name of a normal form. */
export type UnicodeForm = "NFC" | "NFD" | "NFKC" | "NFKD";

const CANONICAL = new RegExp(`[${characterClass(DECOMPOSED)}]`, "u");
const EITHER = new RegExp(`[${characterClass(DECOMPOSED)}${characterClass(COMPATIBLE)}]`, "u");
const ASCII = /^[\0-\x7f]*$/;
const classes = characterNumbers(COMBINING_CLASSES);

/** Whatever a pair of characters becomes in NFC, by both; filled when it is needed first. */
let pairs: Map<string, string> | undefined;

/** Brings a text into a normal form, as Hugging Face's `tokenizers` does. */
export function toUnicodeForm(form: UnicodeForm, text: AlignedText): void {
  if (ASCII.test(text.text)) return;
  const decomposed = decompose(text.text, form.startsWith("NFK"));
  text.transform(form.endsWith("C") ? compose(decomposed) : decomposed);
}

function classOf(character: string): number {
  return classes.get(character) ?? 0;
}

function decompose(text: string, compatible: boolean): Changes {
  const characters: string[] = [];
  const changes: number[] = [];
  let marks: { character: string; order: number; change: number }[] = [];
  const flush = () => {
    for (const { character, change } of marks.sort((a, b) => a.order - b.order)) {
      characters.push(character);
      changes.push(change);
    }
    marks = [];
  };
  for (const original of text) {
    const whole = !compatible
      ? CANONICAL.test(original) ? original.normalize("NFD") : original
      : EITHER.test(original)
      ? original.normalize("NFKD")
      : original;
    let change = 0;
    for (const character of whole) {
      const order = classOf(character);
      if (order === 0) {
        if (marks.length > 0) flush();
        characters.push(character);
        changes.push(change);
      } else {
        marks.push({ character, order, change });
      }
      change = 1;
    }
  }
  flush();
  return { characters, changes };
}

function compose(decomposed: Changes): Changes {
  const next: Changes = { characters: [], changes: [] };
  const emit = ([character, change]: Composed) => {
    next.characters.push(character);
    next.changes.push(change);
  };
  let first: Composed | undefined;
  let held: Composed[] = [];
  let last = -1; // the class of the last mark that is held
  for (let index = 0; index < decomposed.characters.length; index++) {
    const character = decomposed.characters[index]!;
    const change = decomposed.changes[index]!;
    const order = classOf(character);
    if (first === undefined) {
      if (order !== 0) emit([character, change]);
      else first = [character, change];
      continue;
    }
    const joined = last < order || last === -1 ? composed(first[0], character) : undefined;
    if (joined !== undefined) {
      first = [joined, first[1] + change - 1];
    } else if (order === 0) {
      emit(first);
      held.forEach(emit);
      [first, held, last] = [[character, change], [], -1];
    } else {
      held.push([character, change]);
      last = order;
    }
  }
  if (first !== undefined) emit(first);
  held.forEach(emit);
  return next;
}

type Composed = [character: string, change: number];

function composed(first: string, second: string): string | undefined {
  const a = first.codePointAt(0)!;
  const b = second.codePointAt(0)!;
  if (a >= 0x1100 && a < 0x1113 && b >= 0x1161 && b < 0x1176) {
    return String.fromCodePoint(0xac00 + ((a - 0x1100) * 21 + (b - 0x1161)) * 28);
  }
  if (a >= 0xac00 && a < 0xd7a4 && (a - 0xac00) % 28 === 0 && b > 0x11a7 && b < 0x11c3) {
    return String.fromCodePoint(a + b - 0x11a7);
  }
  return (pairs ??= findPairs()).get(first + second);
}

function findPairs(): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of DECOMPOSED.trim().split(/\s+/)) {
    const [first = 0, last = first] = entry.split("-").map((code) => parseInt(code, 16));
    if (first === 0xac00) continue; // Hangul is composed by arithmetic
    for (let code = first; code <= last; code++) {
      const whole = String.fromCodePoint(code);
      if (whole.normalize("NFC") !== whole) continue;
      const parts = [...whole.normalize("NFD")];
      const front = parts.slice(0, -1).join("").normalize("NFC");
      found.set(front + parts.at(-1)!, whole);
    }
  }
  return found;
}
