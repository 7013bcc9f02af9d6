/** Mutants of safetensors files, for fuzzing: mostly small faults in the header, where the parser's decisions are. */

import { philox } from "../../src/base/random.ts";

/** Mutant `number` of one of `originals`. The same number gives the same mutant, so a failure can be repeated alone. */
export function mutant(originals: readonly Uint8Array[], number: number): Uint8Array {
  let draws = 0;
  const below = (limit: number) => philox(0x5afe, number, draws++)[0] % limit;
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;

  const original = pick(originals);
  const dataStart = 8 + Number(new DataView(original.buffer).getBigUint64(0, true));
  let header = [...original.subarray(8, dataStart)];
  let data = [...original.subarray(dataStart)];
  for (let rest = pick([1, 1, 1, 2, 3]); rest > 0; rest--) header = pick(HEADER_MUTATIONS)(header, { below, pick });
  // Most keep their data and a true length, or nothing would get past the first checks.
  if (below(10) === 0) data = pick(BYTE_MUTATIONS)(data, { below, pick });
  const file = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, ...header, ...data]);
  const length = below(20) === 0 ? pick(LENGTHS)(header.length) : header.length;
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  return below(40) === 0 ? file.subarray(0, below(file.length + 1)) : file;
}

interface Chance {
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

type Mutation = (bytes: number[], chance: Chance) => number[];

const encode = (text: string) => [...new TextEncoder().encode(text)];

/** Pieces that a header consists of, and numbers and names that are often handled wrongly. */
const PIECES = [
  ...'{}[],:" \t\n0123456789-.eE\\',
  ...["null", "true", "1e0", "1.0", "-0", "00", "4", "8", "12", "16", "4294967296", "9007199254740991"],
  ...["9007199254740992", "9007199254740993", "18446744073709551615", "18446744073709551616", "0", "1", "2"],
  ...['"F32"', '"F16"', '"F64"', '"U8"', '"F4"', '"BOOL"', '"dtype"', '"shape"', '"data_offsets"', '"__metadata__"'],
  ...["\\u0061", "\\ud800", "\\u0000", '"a"', '"toString"', '"__proto__":', "[0]", "[]", "{}", "[0,0]", "[0,4]"],
  ...[',"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}', '"__metadata__":{"k":"v"},', "[".repeat(200), "\u00e9"],
].map(encode);

/** What one number, string or mark of punctuation in a header looks like. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[0-9]+|[^\s]/g;

const LENGTHS = [
  (length: number) => length + 1,
  (length: number) => Math.max(0, length - 1),
  () => 0,
  () => 100_000_000,
  () => 100_000_001,
  () => Number.MAX_SAFE_INTEGER,
];

const BYTE_MUTATIONS: Mutation[] = [
  // Change, drop, insert or repeat.
  (bytes, { below }) => bytes.with(below(bytes.length || 1), below(256)),
  (bytes, { below }) => bytes.toSpliced(below(bytes.length + 1), 1 + below(8)),
  (bytes, { below }) => bytes.toSpliced(below(bytes.length + 1), 0, below(256)),
  (bytes, { below }) => {
    const start = below(bytes.length + 1);
    return bytes.toSpliced(below(bytes.length + 1), 0, ...bytes.slice(start, start + below(40)));
  },
];

const HEADER_MUTATIONS: Mutation[] = [
  ...BYTE_MUTATIONS.map((mutate): Mutation => (bytes, chance) => bytes.length === 0 ? bytes : mutate(bytes, chance)),
  (bytes, { below, pick }) => bytes.toSpliced(below(bytes.length + 1), 0, ...pick(PIECES)),
  replaceToken,
  replaceToken,
  swapTokens,
];

/** Puts a piece in the place of a token. */
function replaceToken(bytes: number[], { pick }: Chance): number[] {
  const text = new TextDecoder().decode(Uint8Array.from(bytes));
  const tokens = [...text.matchAll(TOKEN)];
  if (tokens.length === 0) return bytes;
  const { index, 0: token } = pick(tokens);
  return [...encode(text.slice(0, index)), ...pick(PIECES), ...encode(text.slice(index + token.length))];
}

/** Exchanges two tokens. */
function swapTokens(bytes: number[], { below }: Chance): number[] {
  const text = new TextDecoder().decode(Uint8Array.from(bytes));
  const tokens: string[] = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return bytes;
  const [i, j] = [below(tokens.length), below(tokens.length)];
  return encode(tokens.with(i, tokens[j] as string).with(j, tokens[i] as string).join(""));
}
