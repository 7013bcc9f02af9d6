/** Problems for the attention kernels: the same data as the kernels see it and as the twin sees it. */

import { type Relative, TILE_ROWS } from "../../../src/kernels/attention/attention.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import type { AttentionInputs, Read } from "../../reference/attention.ts";
import { matrix, random } from "../data.ts";

/** What a problem is made from. */
export interface Shape {
  name: string;
  /** Rows and keys of every sequence. */
  sequences: readonly (readonly [rows: number, keys: number])[];
  heads: number;
  headSize: number;
  /**
   * fused: q, k and v of the same tokens lie in one [T, 3 * A * D] matrix;
   * apart: q is [R, A, D], and k and v lie in one [T, 2 * A * D + 4] matrix, as of a context projected for several layers;
   * shared: q is [R, A, D], and all heads share one [T, D] matrix as keys and values (the absorbed form).
   */
  layout: "fused" | "apart" | "shared";
  relative?: Relative;
  /** Size of the query that meets distances, where it is not q itself. */
  relativeSize?: number;
  /** One a head, over and over; 1 where left out. */
  headScale?: readonly number[];
  /** A power of two where left out, so that it rounds nothing. */
  scale?: number;
  tileRows?: number;
  /** Rows before those of the first sequence, which belong to no tile. */
  spareRows?: number;
  /** q, k and distance are any numbers in [-1, 1), whose products round, rather than multiples of 1/8, whose do not. */
  rounded?: boolean;
}

/** Where a tensor lies: element (i, a, d) at offset + i * stride + a * head + d. */
interface Layout {
  data: Float32Array<ArrayBuffer>;
  offset: number;
  stride: number;
  head: number;
}

/** A problem: the twin's inputs, and the kernels' buffers and parameters. */
export interface Problem extends AttentionInputs {
  name: string;
  kind: Relative;
  layouts: Record<"q" | "k" | "v" | "relativeQuery", Layout>;
  geometry: Uint32Array<ArrayBuffer>;
  /** Parameters that several kernels share. */
  places: Record<
    "tiles" | "tiles_at" | "query_positions_at" | "key_positions_at" | "center" | "distance_stride",
    number
  >;
  distances: Float32Array<ArrayBuffer>;
  headScale: Float32Array<ArrayBuffer>;
  /** Pitch of the longest key count. */
  columns: number;
  /** Distance of the rows of the output: their width and a gap. */
  outStride: number;
  /** Whether the kernel's scores have no rounding error at all. */
  exact: boolean;
}

/** Makes the problem of a shape; the same shape gives the same problem. */
export function problem(shape: Shape): Problem {
  const { name, heads, headSize, layout, relative: kind = 0, scale = 0.5, tileRows = TILE_ROWS } = shape;
  const uniform = random(heads * 1000 + headSize);
  const next = shape.rounded ? uniform : () => Math.round(uniform() * 8) / 8;
  const sequences: AttentionInputs["sequences"][number][] = [];
  let rows = shape.spareRows ?? 0;
  let tokens = 0;
  for (const [rowCount, keyCount] of shape.sequences) {
    sequences.push({ rowStart: rows, rowCount, keyStart: tokens, keyCount });
    rows += rowCount;
    tokens += keyCount;
  }
  const layouts = layOut({ layout, heads, headSize, rows, tokens }, next, uniform);
  const size = shape.relativeSize ?? headSize;
  if (size !== headSize) {
    layouts.relativeQuery = { data: matrix(rows, heads * size, next), offset: 0, stride: heads * size, head: size };
  }

  // True positions have holes where tokens are masked; rows may stand anywhere.
  const longest = Math.max(0, ...sequences.map(({ keyCount }) => keyCount));
  const center = 2 * longest;
  const keyPositions = sequences.flatMap(({ keyCount }) => Array.from({ length: keyCount }, (_, j) => 2 * j + j % 2));
  const queryPositions = Array.from({ length: rows }, (_, r) => 7 * r % (2 * longest + 1));
  const distances = kind > 0 ? matrix(2 * center + 1, size, next) : new Float32Array(4);
  const tiles = sequences.flatMap(({ rowStart, rowCount, keyStart, keyCount }) =>
    Array.from({ length: Math.ceil(rowCount / tileRows) }, (_, i) => {
      return [rowStart + i * tileRows, Math.min(tileRows, rowCount - i * tileRows), keyStart, keyCount];
    })
  );
  const headScale = new Float32Array(pitch(heads));
  const scales = shape.headScale ?? [1];
  for (let a = 0; a < heads; a++) headScale[a] = scales[a % scales.length] as number;

  return {
    name: `${name}, ${layout}, ${heads} x ${headSize}`,
    kind,
    sequences,
    rows,
    heads,
    headSize,
    q: reader(layouts.q),
    k: reader(layouts.k),
    v: reader(layouts.v),
    scale: Math.fround(scale),
    headScale,
    relative: kind === 0 ? null : {
      withKey: kind === 2,
      q: reader(layouts.relativeQuery),
      size,
      distance: (i, d) => distances[i * size + d] as number,
      center,
      queryPositions,
      keyPositions,
    },
    layouts,
    geometry: new Uint32Array([...queryPositions, ...tiles.flat(), ...keyPositions, 0]),
    places: {
      tiles: tiles.length,
      tiles_at: rows,
      query_positions_at: 0,
      key_positions_at: rows + 4 * tiles.length,
      center,
      distance_stride: size,
    },
    distances,
    columns: pitch(longest),
    outStride: heads * headSize + 4,
    exact: !shape.rounded,
  };
}

/** What the twin sees of a problem, with the absolute values of all tensors. */
export function magnitudes(p: Problem): AttentionInputs {
  const absolute = ({ data, ...place }: Layout) => reader({ data: data.map(Math.abs), ...place });
  const { layouts: { q, k, v, relativeQuery }, relative } = p;
  return {
    ...p,
    q: absolute(q),
    k: absolute(k),
    v: absolute(v),
    relative: relative && {
      ...relative,
      q: absolute(relativeQuery),
      distance: (i, d) => Math.abs(relative.distance(i, d)),
    },
  };
}

/** What the elements of an output hold that no kernel may touch. */
export const UNTOUCHED = 7;

/** `[rows, heads, headSize]` values as the kernels lay their output out; `rest` in gaps and in rows of no sequence. */
export function layOutput(p: Problem, values: Float64Array, rest: number): Float64Array {
  const width = p.heads * p.headSize;
  const laid = new Float64Array(p.rows * p.outStride).fill(rest);
  for (const { rowStart, rowCount } of p.sequences) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      laid.set(values.subarray(r * width, (r + 1) * width), r * p.outStride);
    }
  }
  return laid;
}

/** `[rows, heads]` sums of probabilities: a head's scale, 0 without keys; `rest` in rows of no sequence. */
export function sumsOf(p: Problem, rest: number): Float64Array {
  const sums = new Float64Array(p.rows * p.heads).fill(rest);
  for (const { rowStart, rowCount, keyCount } of p.sequences) {
    for (let i = 0; i < rowCount * p.heads; i++) {
      sums[rowStart * p.heads + i] = keyCount === 0 ? 0 : p.headScale[i % p.heads] as number;
    }
  }
  return sums;
}

function layOut(
  { layout, heads, headSize, rows, tokens }: Pick<Shape, "layout" | "heads" | "headSize"> & {
    rows: number;
    tokens: number;
  },
  next: () => number,
  uniform: () => number,
): Problem["layouts"] {
  const width = heads * headSize;
  if (layout === "fused") {
    const data = matrix(tokens, 3 * width, next);
    const part = (offset: number): Layout => ({ data, offset, stride: 3 * width, head: headSize });
    return { q: part(0), k: part(width), v: part(2 * width), relativeQuery: part(0) };
  }
  const q = { data: matrix(rows, width, next), offset: 0, stride: width, head: headSize };
  if (layout === "shared") {
    const context = { data: matrix(tokens, headSize, next), offset: 0, stride: headSize, head: 0 };
    return { q, k: context, v: context, relativeQuery: q };
  }
  const data = matrix(tokens, 2 * width + 4, uniform);
  const part = (offset: number): Layout => ({ data, offset, stride: 2 * width + 4, head: headSize });
  for (let t = 0; t < tokens; t++) for (let i = 0; i < width; i++) data[t * (2 * width + 4) + 4 + i] = next();
  return { q, k: part(4), v: part(4 + width), relativeQuery: q };
}

function reader({ data, offset, stride, head }: Layout): Read {
  return (i, a, d) => data[offset + i * stride + a * head + d] as number;
}
