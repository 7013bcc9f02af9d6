/** Small batches through attention, as the GPU and as the float64 twin see them, for tests of its gradients. */

import { philox, random } from "../../src/base/random.ts";
import { streamOf } from "../../src/graph/ops/training/dropout.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { pack } from "../../src/model/batch/packing.ts";
import type { Ragged } from "../../src/model/batch/ragged.ts";
import {
  attentionApply,
  type AttentionInputs,
  attentionProbabilities,
  type Read,
  type Sequence,
} from "../reference/attention.ts";

/** A sequence: how many of its tokens are keys and how many are queries alone, and which tokens are narrow rows. */
export interface Tokens {
  keys: number;
  others?: number;
  narrow: readonly number[];
}

/** One token; several with one that is no key; a sequence without narrow rows; more keys than a tile has; no keys. */
export const BATCH: readonly Tokens[] = [
  { keys: 1, narrow: [0] },
  { keys: 5, others: 1, narrow: [5, 2] },
  { keys: 3, narrow: [] },
  { keys: 11, narrow: [0, 1, 2, 3, 4, 7, 8, 9, 10] },
  { keys: 0, others: 1, narrow: [0] },
];

/** What a test varies. */
export interface Setting {
  name: string;
  /** full: q, k and v in one matrix; projected: k and v in the columns of a layer; absorbed: all heads share both. */
  form: "full" | "projected" | "absorbed";
  heads: number;
  headSize: number;
  positions?: "relative_key" | "relative_key_query";
  headScale?: readonly number[];
  /** Whether distances meet queries of their own, here of size 3, padded. */
  ownQueries?: boolean;
  /** The sequences, if they are not those of {@linkcode BATCH}. */
  batch?: readonly Tokens[];
  /** The rate of dropout. Results then are the outputs and the sums times {@linkcode Problem.sumWeights}; heads in fours. */
  dropout?: number;
  /** Whether the graph does not know that it is differentiated, so that the probabilities are not stored. */
  unaware?: boolean;
}

/** Size of the queries that only distances meet, and rows and middle of the table of distances. */
export const OWN_SIZE = 3;
export const CENTER = 15;

/** Which numbers the masks of dropout are drawn by. */
export const MASK = { seed: 0xfedcba98, step: 3, stream: 7 } as const;

/** What dropout multiplies probabilities by, by its definition. */
function factorsOf(count: number, rate: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const word = philox(MASK.seed, streamOf(MASK.stream, MASK.step), Math.floor(i / 2))[i % 2]!;
    return word >= rate * 2 ** 32 ? 1 / (1 - rate) : 0;
  });
}

/** The batch as a model makes it. */
function raggedOf(batch: readonly Tokens[]): Ragged {
  const lengths = Uint32Array.from(batch, ({ keys, others = 0 }) => keys + others);
  const starts = [...lengths].map((_, b) => lengths.subarray(0, b).reduce((sum, length) => sum + length, 0));
  const places = batch.flatMap(({ keys, others = 0 }) => [
    ...Array.from({ length: keys }, (_, i) => i + (i > 2 ? 1 : 0)), // the query that is no key stands between keys
    ...Array.from({ length: others }, () => 3),
  ]);
  return {
    tokens: new Uint32Array(4 * places.length),
    places: Uint32Array.from(places),
    lengths,
    keyCounts: Uint32Array.from(batch, ({ keys }) => keys),
    rows: Uint32Array.from(batch.flatMap(({ narrow }, b) => narrow.map((at) => starts[b]! + at))),
    rowCounts: Uint32Array.from(batch, ({ narrow }) => narrow.length),
    embeds: null,
  };
}

/** A tensor in a matrix: element (i, a, d) of the twin is in column `offset + a * distance + d` of row i. */
export interface Place {
  matrix: string;
  offset: number;
  distance: number;
}

/** Matrices by name, rows pitched, and where q, k, v and the queries of distances lie in them. */
interface Layout {
  matrices: Record<string, { rows: number; columns: number }>;
  places: Record<"q" | "k" | "v", Place> & { own?: Place };
}

function layoutOf({ form, heads, headSize, ownQueries }: Setting, { T, R }: { T: number; R: number }): Layout {
  const size = pitch(headSize);
  const inner = heads * size;
  if (form === "full") {
    const at = (i: number): Place => ({ matrix: "qkv", offset: i * inner, distance: size });
    return { matrices: { qkv: { rows: T, columns: 3 * inner } }, places: { q: at(0), k: at(1), v: at(2) } };
  }
  const q: Place = { matrix: "queries", offset: 0, distance: size };
  const queries = { rows: R, columns: inner };
  if (form === "projected") {
    // The second layer of three.
    const at = (i: number): Place => ({ matrix: "context", offset: 2 * inner + i * inner, distance: size });
    return {
      matrices: { queries, context: { rows: T, columns: 6 * inner } },
      places: { q, k: at(0), v: at(1) },
    };
  }
  const shared: Place = { matrix: "context", offset: 0, distance: 0 };
  const own: Place = { matrix: "own", offset: 0, distance: pitch(OWN_SIZE) };
  return {
    matrices: {
      queries,
      context: { rows: T, columns: headSize },
      ...(ownQueries && { own: { rows: R, columns: heads * pitch(OWN_SIZE) } }),
    },
    places: { q, k: shared, v: shared, ...(ownQueries && { own }) },
  };
}

/** Everything that one test computes with. */
export function problemOf(setting: Setting) {
  const { form, heads, headSize, positions, headScale = [], ownQueries, batch: tokens = BATCH } = setting;
  const batch = raggedOf(tokens);
  const packed = pack(batch, { gradients: true });
  const { T, R } = packed.sizes;
  const kind: "token" | "row" = form === "full" ? "token" : "row";
  const rows = form === "full" ? T : R;
  const { matrices, places } = layoutOf(setting, { T, R });
  const next = random(heads * 100 + headSize);
  const data: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const [name, { rows, columns }] of Object.entries(matrices)) {
    data[name] = new Float32Array(rows * pitch(columns));
  }
  const distanceSize = ownQueries ? OWN_SIZE : headSize;
  if (positions) {
    matrices.distances = { rows: 2 * CENTER + 1, columns: distanceSize };
    data.distances = new Float32Array(matrices.distances.rows * pitch(distanceSize));
  }
  // Only elements of heads: padding is zero.
  const elements: Record<string, Set<number>> = {};
  const fill = ({ matrix, offset, distance }: Place, size: number) => {
    const { rows, columns } = matrices[matrix]!;
    for (let i = 0; i < rows; i++) {
      for (let a = 0; a < heads; a++) {
        for (let d = 0; d < size; d++) {
          const at = i * pitch(columns) + offset + a * distance + d;
          data[matrix]![at] = next();
          (elements[matrix] ??= new Set()).add(at);
        }
      }
    }
  };
  for (const place of [places.q, places.k, places.v]) fill(place, headSize);
  if (places.own) fill(places.own, OWN_SIZE);
  if (positions) fill({ matrix: "distances", offset: 0, distance: 0 }, distanceSize);
  const scales = Float32Array.from({ length: pitch(heads) }, (_, a) => a < heads ? headScale[a] ?? 1 : 0);
  const inner = heads * pitch(headSize);
  const seed = new Float32Array(rows * inner);
  for (let i = 0; i < seed.length; i++) if (i % pitch(headSize) < headSize) seed[i] = next();
  const scale = Math.fround(1 / Math.sqrt(headSize));
  const sumWeights = Float32Array.from({ length: heads * inner }, next);
  const sumSeeds = Float64Array.from({ length: rows * heads }, (_, i) => {
    const [first, from] = [Math.floor(i / heads) * inner, i % heads * inner];
    return sumWeights.subarray(from, from + inner).reduce((sum, weight, c) => sum + weight * seed[first + c]!, 0);
  });
  const count = rows * heads * packed.sizes.K;
  const factors = setting.dropout === undefined ? null : factorsOf(count, Math.fround(setting.dropout));
  const numbers = { factors, data, elements, scales, seed, scale, sumWeights, sumSeeds };
  return { ...setting, batch, packed, kind, rows, matrices, places, distanceSize, ...numbers };
}

/** A batch, its numbers, and where they lie. */
export type Problem = ReturnType<typeof problemOf>;

/** The sum of the results times the seed, in float64. */
export function loss(p: Problem, data: Record<string, ArrayLike<number>> = p.data): number {
  const { batch, packed, kind, rows, matrices, places, heads, headSize, scale, scales, positions, distanceSize } = p;
  const read = ({ matrix, offset, distance }: Place): Read => {
    const stride = pitch(matrices[matrix]!.columns);
    return (i, a, d) => data[matrix]![i * stride + offset + a * distance + d]!;
  };
  const sequences = [...batch.keyCounts].map((keyCount, b): Sequence => ({
    rowStart: kind === "token" ? packed.keyStarts[b]! : packed.rowStarts[b]!,
    rowCount: kind === "token" ? batch.lengths[b]! : batch.rowCounts[b]!,
    keyStart: packed.keyStarts[b]!,
    keyCount,
  }));
  const keyPositions = [...batch.places];
  const inputs: AttentionInputs = {
    sequences,
    rows,
    heads,
    headSize,
    q: read(places.q),
    k: read(places.k),
    v: read(places.v),
    scale,
    headScale: scales,
    relative: positions === undefined ? null : {
      withKey: positions === "relative_key_query",
      q: read(places.own ?? places.q),
      size: distanceSize,
      distance: (i, d) => data.distances![i * pitch(distanceSize) + d]!,
      center: CENTER,
      queryPositions: kind === "token" ? keyPositions : [...batch.rows].map((token) => keyPositions[token]!),
      keyPositions,
    },
  };
  const { K } = packed.sizes;
  const all = attentionProbabilities(inputs, K);
  const { factors } = p;
  const probabilities = factors === null ? all : all.map((value, i) => value * factors[i]!);
  const padded = pitch(headSize);
  const out = attentionApply(inputs, probabilities, K);
  const result = out.reduce(
    (sum, value, i) => sum + value * p.seed[Math.floor(i / headSize) * padded + i % headSize]!,
    0,
  );
  if (factors === null) return result;
  return probabilities.reduce((sum, value, i) => sum + value * p.sumSeeds[Math.floor(i / K)]!, result);
}

/** The derivative of the loss by each element of a matrix, by central differences; 0 by padding. */
export function centralDifferences(p: Problem, name: string): Float64Array {
  const data: Record<string, ArrayLike<number>> = { ...p.data };
  const moved = Float64Array.from(p.data[name]!);
  data[name] = moved;
  return moved.map((value, at) => {
    if (!p.elements[name]!.has(at)) return 0;
    const [before, after] = [value - 1e-4, value + 1e-4].map((changed) => {
      moved[at] = changed;
      return loss(p, data);
    }) as [number, number];
    moved[at] = value;
    return (after - before) / 2e-4;
  });
}
