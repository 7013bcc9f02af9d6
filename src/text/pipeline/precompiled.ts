/** SentencePiece's compiled rules of normalisation: a double array of sequences of bytes, and what each becomes. */

import type { AlignedText, Changes } from "./aligned_text.ts";
import type { Part } from "./fields.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The rules of a `Precompiled` normalizer. */
export class PrecompiledRules {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;

  /** Reads `precompiled_charsmap`, in base64: size and units of the double array, then texts that end with a zero. */
  constructor(part: Part) {
    const bytes = fromBase64(part.text("precompiled_charsmap"));
    const view = bytes && new DataView(bytes.buffer);
    const size = view !== undefined && bytes!.length >= 4 ? view.getUint32(0, true) : NaN;
    if (view === undefined || !(size % 4 === 0 && size + 4 <= bytes!.length)) {
      throw part.wrong("precompiled_charsmap", "SentencePiece's compiled rules in base64");
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, index) => view.getUint32(4 + 4 * index, true));
    this.#texts = bytes!.subarray(4 + size);
  }

  /** Normalises a text: each grapheme of less than 6 bytes as a whole if it can be, otherwise by characters. */
  apply(text: AlignedText): void {
    const next: Changes = { characters: [], changes: [] };
    let isChanged = false;
    const replace = (old: string, by: string) => {
      isChanged = true;
      const characters = [...by];
      const more = characters.length - [...old].length;
      const { changes } = next;
      for (const character of characters) {
        next.characters.push(character);
        changes.push(0);
      }
      if (more > 0) { for (let index = 1; index <= more; index++) changes[changes.length - index] = 1; }
      else if (more < 0 && changes.length > 0) changes[changes.length - 1]! += more;
    };
    for (const { segment } of graphemes.segment(text.text)) {
      const whole = encoder.encode(segment);
      const by = whole.length < 6 ? this.#find(whole) : undefined;
      if (by !== undefined) {
        replace(segment, by);
        continue;
      }
      for (const character of segment) {
        const by = this.#find(encoder.encode(character));
        if (by !== undefined) replace(character, by);
        else {
          next.characters.push(character);
          next.changes.push(0);
        }
      }
    }
    if (isChanged) text.transform(next);
  }

  /** What the shortest beginning of `key` that has a rule becomes. */
  #find(key: Uint8Array): string | undefined {
    const units = this.#units;
    let at = 0;
    let unit = units[0] ?? 0;
    at ^= offsetOf(unit);
    for (const byte of key) {
      if (byte === 0) return undefined;
      at ^= byte;
      unit = units[at] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      at ^= offsetOf(unit);
      if (((unit >>> 8) & 1) === 1) {
        const start = (units[at] ?? 0) & 0x7fffffff;
        const end = this.#texts.indexOf(0, start);
        return decoder.decode(this.#texts.subarray(start, end < 0 ? undefined : end));
      }
    }
    return undefined;
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
