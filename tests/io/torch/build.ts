/** PyTorch files for tests, made without the code under test, so that they can be wrong in any way. */

import { crc32 } from "node:zlib";
import { concatenate } from "../../../src/io/folder/file_bytes.ts";

const encoder = new TextEncoder();

// --- Pickles, opcode by opcode ---

/** A piece of a pickle. */
export type Piece = Uint8Array;

/** Bytes, and texts as their characters' codes. */
export function raw(...parts: (number | string)[]): Piece {
  return Uint8Array.from(parts.flatMap((part) => typeof part === "number" ? [part] : [...encoder.encode(part)]));
}

/** BINUNICODE. */
export function text(value: string): Piece {
  const bytes = encoder.encode(value);
  return concatenate([raw("X"), numbers([bytes.length, 4]), bytes]);
}

/** LONG1 of 16 bytes, for any number that a test wants. */
export function integer(value: number | bigint): Piece {
  const bytes = Array.from({ length: 16 }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
  return raw(0x8a, bytes.length, ...bytes);
}

/** A tuple of any length. */
export function tuple(...items: Piece[]): Piece {
  return concatenate([raw("("), ...items, raw("t")]);
}

/** GLOBAL. */
export function named(module: string, name: string): Piece {
  return raw("c", module, "\n", name, "\n");
}

/** A call by REDUCE. */
export function call(called: Piece, ...args: Piece[]): Piece {
  return concatenate([called, tuple(...args), raw("R")]);
}

/** A dict of texts and values. */
export function dict(entries: Record<string, Piece>): Piece {
  const pairs = Object.entries(entries).flatMap(([key, value]) => [text(key), value]);
  return concatenate([raw("}", "("), ...pairs, raw("u")]);
}

/** A whole pickle of protocol 2. */
export function pickle(...pieces: Piece[]): Uint8Array {
  return concatenate([raw(0x80, 2), ...pieces, raw(".")]);
}

/** The classes of storages, and the bytes of an element. */
export const STORAGES = {
  F64: ["DoubleStorage", 8],
  F32: ["FloatStorage", 4],
  F16: ["HalfStorage", 2],
  BF16: ["BFloat16Storage", 2],
  I64: ["LongStorage", 8],
  U8: ["ByteStorage", 1],
} as const;

/** What a test says of a tensor. */
export interface BuiltTensor {
  dtype: keyof typeof STORAGES;
  /** The key of its storage, and how many elements that has. */
  key: string;
  count: number | bigint;
  offset?: number | bigint;
  shape: readonly (number | bigint)[];
  /** Default: those of a contiguous tensor. */
  strides?: readonly (number | bigint)[];
}

/** A storage by BINPERSID. */
export function storage({ dtype, key, count }: Pick<BuiltTensor, "dtype" | "key" | "count">): Piece {
  const id = tuple(text("storage"), named("torch", STORAGES[dtype][0]), text(key), text("cpu"), integer(count));
  return concatenate([id, raw("Q")]);
}

/** A tensor by `_rebuild_tensor_v2`. */
export function tensor(built: BuiltTensor): Piece {
  const { offset = 0, shape } = built;
  const strides = built.strides ?? shape.map((_, i) => shape.slice(i + 1).reduce<bigint>((a, b) => a * BigInt(b), 1n));
  return call(
    named("torch._utils", "_rebuild_tensor_v2"),
    storage(built),
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    raw(0x89),
    call(named("collections", "OrderedDict")),
  );
}

// --- Zip files, field by field ---

/** A record of a zip file. */
export interface BuiltRecord {
  name: string;
  /** Its content, made when it is written. */
  content: () => Uint8Array;
}

/** Numbers, each with its size in bytes, little-endian. */
export function numbers(...fields: [value: number, size: number][]): Uint8Array {
  return Uint8Array.from(fields.flatMap(([value, size]) => {
    return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
  }));
}

/** A zip file part by part: each record's header and content, the directory, the end record. */
export function* zipParts(records: Iterable<BuiltRecord>): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, content } of records) {
    const bytes = content();
    const nameBytes = encoder.encode(name);
    const facts = numbers([crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [nameBytes.length, 2], [0, 2]);
    const fixed = numbers([0x800, 2], [0, 2], [0, 4]);
    const begin = numbers([at, 4]);
    const header = concatenate([raw("PK\x03\x04"), numbers([20, 2]), fixed, facts, nameBytes]);
    const more = concatenate([numbers([0, 2], [0, 2], [0, 2], [0, 4]), begin]);
    directory.push(concatenate([raw("PK\x01\x02"), numbers([20, 2], [20, 2]), fixed, facts, more, nameBytes]));
    yield header;
    yield bytes;
    at += header.length + bytes.length;
  }
  const whole = concatenate(directory);
  yield whole;
  const counts: [number, number][] = [[0, 2], [0, 2], [directory.length, 2], [directory.length, 2]];
  yield concatenate([raw("PK\x05\x06"), numbers(...counts, [whole.length, 4], [at, 4], [0, 2])]);
}

/** A checkpoint of a pickle and of storages by key. */
export function buildTorch(data: Uint8Array, storages: Record<string, Uint8Array> = {}): Uint8Array {
  return concatenate([...zipParts([
    { name: "archive/data.pkl", content: () => data },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `archive/data/${key}`, content: () => bytes })),
    { name: "archive/version", content: () => raw("3\n") },
  ])]);
}
