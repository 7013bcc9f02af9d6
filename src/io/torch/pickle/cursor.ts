/** The position in a pickle's bytes. Lengths are checked against what is left before anything is made of them. */

import { Refusal } from "../refusal.ts";
import { viewOf } from "../zip/fields.ts";

const NEWLINE = 0x0a;

/** A text of at most so many characters of ASCII is faster to read here than by a decoder. */
const SHORT = 16;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a pickle from front to back. */
export class Cursor {
  /** The byte that is read next. */
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** A number of `size` bytes, unsigned. */
  uint(size: 1 | 2 | 4): number {
    const at = this.#advance(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A length of 64 bits, rounded if it is beyond 2^53, which no file has. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** A float of 64 bits, the one number that is big-endian. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** The next bytes: a view of the pickle. */
  bytes(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** The next bytes as text, which must be UTF-8. */
  text(count: number): string {
    const at = this.#advance(count);
    if (count > SHORT) return decode(this.#bytes.subarray(at, at + count));
    let text = "";
    for (let i = at; i < at + count; i++) {
      const byte = this.#bytes[i] as number;
      if (byte >= 0x80) return decode(this.#bytes.subarray(at, at + count));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Text up to the next newline, which is passed over. */
  line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.at);
    if (end < 0) throw new Refusal("bad_pickle", "the pickle ends inside a name");
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  #advance(count: number): number {
    const at = this.at;
    if (count > this.left) {
      throw new Refusal("bad_pickle", `the pickle must go on for ${count} bytes at ${at}, and ends after ${this.left}`);
    }
    this.at += count;
    return at;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new Refusal("bad_pickle", "a text of the pickle must be UTF-8, and is not", { cause });
  }
}
