/** Mutants of PyTorch files, for fuzzing: most have a damaged pickle in a sound archive, or nothing else would be tested. */

import { philox } from "../../../src/base/random.ts";
import { concatenate, MemoryBytes } from "../../../src/io/folder/file_bytes.ts";
import { readRecords } from "../../../src/io/torch/zip/records.ts";
import { type BuiltRecord, raw, zipParts } from "./build.ts";

/** A file, and its records. */
export interface Original {
  readonly bytes: Uint8Array;
  readonly records: readonly { name: string; bytes: Uint8Array }[];
}

/** Takes a good file apart. */
export async function originalOf(bytes: Uint8Array): Promise<Original> {
  const records = await readRecords(new MemoryBytes(bytes));
  return {
    bytes,
    records: [...records].map(([name, { begin, end }]) => ({ name, bytes: bytes.subarray(begin, end) })),
  };
}

interface Chance {
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

type Mutation = (bytes: Uint8Array, chance: Chance) => Uint8Array;

/** Mutant `number` of one of `originals`. The same number gives the same mutant, so a failure can be repeated alone. */
export function mutant(originals: readonly Original[], number: number): Uint8Array {
  let draws = 0;
  const below = (limit: number) => philox(0x70c4, number, draws++)[0] % limit;
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;
  const chance = { below, pick };
  const original = pick(originals);
  if (below(5) === 0) {
    let { bytes } = original;
    for (let rest = pick([1, 1, 2, 4]); rest > 0; rest--) bytes = pick(FILE_MUTATIONS)(bytes, chance);
    return bytes;
  }
  const records = original.records.map(({ name, bytes }): BuiltRecord => {
    const isPickle = name.endsWith("/data.pkl");
    for (let rest = isPickle ? pick([1, 1, 1, 2, 3]) : 0; rest > 0; rest--) {
      bytes = pick(PICKLE_MUTATIONS)(bytes, chance);
    }
    if (!isPickle && below(40) === 0) bytes = pick(BYTE_MUTATIONS)(bytes, chance);
    return { name, content: () => bytes };
  });
  return concatenate([...zipParts(records)]);
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array = new Uint8Array()): Uint8Array {
  return concatenate([bytes.subarray(0, at), added, bytes.subarray(Math.min(bytes.length, at + removed))]);
}

/** Pieces of pickles, and numbers that are often handled wrongly. */
const PIECES = [
  ..."}]().0123456789abcdefghijklmnopqrstuvwxyzNJKMGXCBQRcblat",
  ...["cos\nsystem\n", "ctorch\nFloatStorage\n", "ctorch\nfloat64\n", "ccollections\nOrderedDict\n", "X\x01\0\0\0w"],
  ...["ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_tensor_v3\n", "K\x00", "K\x01", "K\x02", "K\x07"],
  ...[
    "M\x00\x01",
    "J\x00\x00\x00\x40",
    "q\x00",
    "h\x00",
    "h\x01",
    "h\x05",
    "((",
    "(t",
    ")R",
    "tR",
    "N0",
    "2",
    "22",
    "}b",
    "s",
    "u",
  ],
].map((piece) => raw(piece));

const BINARY_PIECES = [
  [0x80, 2],
  [0x85],
  [0x86],
  [0x87],
  [0x88],
  [0x89],
  [0x93],
  [0x94],
  [0x8a, 1, 0xff],
  [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40],
  [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  [0x8b, 0xff, 0xff, 0xff, 0xff],
  [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x95, 4, 0, 0, 0, 0, 0, 0, 0],
  [0x4a, 0xff, 0xff, 0xff, 0xff],
  [0x47, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
].map((bytes) => Uint8Array.from(bytes));

const BYTE_MUTATIONS: Mutation[] = [
  (bytes, { below }) => bytes.length === 0 ? bytes : bytes.with(below(bytes.length), below(256)),
  (bytes, { below }) => spliced(bytes, below(bytes.length + 1), 1 + below(8)),
  (bytes, { below }) => spliced(bytes, below(bytes.length + 1), 0, Uint8Array.of(below(256))),
  (bytes, { below }) => {
    const start = below(bytes.length + 1);
    return spliced(bytes, below(bytes.length + 1), 0, bytes.slice(start, start + below(40)));
  },
];

const PICKLE_MUTATIONS: Mutation[] = [
  ...BYTE_MUTATIONS,
  (bytes, { below, pick }) => spliced(bytes, below(bytes.length + 1), 0, pick([...PIECES, ...BINARY_PIECES])),
  (bytes, { below, pick }) =>
    spliced(bytes, below(bytes.length + 1), 1 + below(3), pick([...PIECES, ...BINARY_PIECES])),
  changeNumber,
  changeNumber,
  changeNumber,
];

/** 2^16, 2^30, 2^31 - 1 and -1 by BININT. */
const LARGE = ["J\0\0\x01\0", "J\0\0\0\x40"].map((piece) => raw(piece)).concat([
  Uint8Array.of(0x4a, 0xff, 0xff, 0xff, 0x7f),
  Uint8Array.of(0x4a, 0xff, 0xff, 0xff, 0xff),
]);

/** Changes the number of a BININT1: sizes, strides, offsets, memo and counts of small files are such. */
function changeNumber(bytes: Uint8Array, { below, pick }: Chance): Uint8Array {
  const places = [...bytes.keys()].filter((at) => bytes[at] === 0x4b && at + 1 < bytes.length);
  if (places.length === 0) return bytes;
  const at = pick(places) + 1;
  const value = bytes[at] as number;
  if (below(4) === 0) return spliced(bytes, at - 1, 2, pick(LARGE));
  return bytes.with(at, pick([0, 1, 2, value + 1, value - 1, 2 * value, below(256)]) & 255);
}

/** Fields at the end, the directory, and anywhere. */
const FILE_MUTATIONS: Mutation[] = [
  ...BYTE_MUTATIONS,
  (bytes, { below }) => bytes.subarray(0, below(bytes.length + 1)),
  (bytes, { below }) => bytes.length === 0 ? bytes : bytes.with(Math.max(0, bytes.length - 1 - below(100)), below(256)),
  (bytes, { below, pick }) => {
    const at = bytes.lastIndexOf(0x50, bytes.length - 1 - below(bytes.length || 1));
    if (at < 0) return bytes;
    const field = Math.min(bytes.length - 1, at + below(46));
    return bytes.with(field, pick([0, 1, 8, 0x7f, 0x80, 0xff]));
  },
];
