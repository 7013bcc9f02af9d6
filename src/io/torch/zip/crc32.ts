/**
 * CRC-32 as zip files have it (polynomial 0xEDB88320, bits reflected), sixteen bytes a step by sixteen tables. Source:
 * M. Kounavis and F. Berry, A Systematic Approach to Building High Performance Software-based CRC Generators, 2005.
 */

/** Bytes of a step. */
const STEP = 16;

let tables: Int32Array | undefined;

/** `table[256 * k + b]`: the checksum of byte `b` with `k` zeros after it. */
function makeTables(): Int32Array {
  const table = new Int32Array(256 * STEP);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    table[byte] = value;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256] as number;
    table[i] = (before >>> 8) ^ (table[before & 255] as number);
  }
  return table;
}

/**
 * The checksum of bytes, 32 bits unsigned.
 *
 * @param before The checksum of the bytes before them, if they are a part. Default: that of none.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const aligned = Math.min(bytes.length, -bytes.byteOffset & 3);
  const steps = Math.floor((bytes.length - aligned) / STEP);
  let crc = bytewise(bytes.subarray(0, aligned), ~before);
  if (steps > 0) crc = stepwise(new Int32Array(bytes.buffer, bytes.byteOffset + aligned, 4 * steps), crc);
  return ~bytewise(bytes.subarray(aligned + STEP * steps), crc) >>> 0;
}

function bytewise(bytes: Uint8Array, crc: number): number {
  const t = tables ??= makeTables();
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[i] as number)) & 255] as number);
  return crc;
}

/** @param words Little-endian, four a step. */
function stepwise(words: Int32Array, crc: number): number {
  const t = tables ??= makeTables();
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ (words[i] as number);
    const b = words[i + 1] as number;
    const c = words[i + 2] as number;
    const d = words[i + 3] as number;
    crc = (t[0xf00 + (a & 255)] as number) ^ (t[0xe00 + ((a >>> 8) & 255)] as number) ^
      (t[0xd00 + ((a >>> 16) & 255)] as number) ^ (t[0xc00 + (a >>> 24)] as number) ^
      (t[0xb00 + (b & 255)] as number) ^ (t[0xa00 + ((b >>> 8) & 255)] as number) ^
      (t[0x900 + ((b >>> 16) & 255)] as number) ^ (t[0x800 + (b >>> 24)] as number) ^
      (t[0x700 + (c & 255)] as number) ^ (t[0x600 + ((c >>> 8) & 255)] as number) ^
      (t[0x500 + ((c >>> 16) & 255)] as number) ^ (t[0x400 + (c >>> 24)] as number) ^
      (t[0x300 + (d & 255)] as number) ^ (t[0x200 + ((d >>> 8) & 255)] as number) ^
      (t[0x100 + ((d >>> 16) & 255)] as number) ^ (t[d >>> 24] as number);
  }
  return crc;
}
