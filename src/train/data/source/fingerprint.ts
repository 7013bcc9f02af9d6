/** A checksum of data, which tells whether a training goes on with the data that it began with. */

/** The prime of the FNV-1a hash of 32 bits, and where it begins. */
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

/**
 * Two FNV-1a hashes of 32 bits, over words of 4 bytes; the second one mixes high bits into low ones. It finds accidental
 * changes, and no more: nobody gains by a collision.
 */
export class Fingerprint {
  #first = BASIS;
  #second = BASIS ^ -1;

  /** Adds bytes. Data must always come in the same parts. */
  add(bytes: Uint8Array): void {
    const words = bytes.length >> 2;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let word = 0; word < words; word++) this.#mix(view.getUint32(4 * word, true));
    for (let at = 4 * words; at < bytes.length; at++) this.#mix(bytes[at] as number);
    this.#mix(bytes.length);
  }

  /** The checksum of all that was added, 16 hexadecimal digits. */
  get digest(): string {
    return [this.#first, this.#second].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #mix(word: number): void {
    this.#first = Math.imul(this.#first ^ word, PRIME);
    this.#second = Math.imul(this.#second ^ word ^ (this.#second >>> 15), PRIME);
  }
}
