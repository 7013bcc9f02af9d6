/** The twins of attention: with its probabilities in memory, and without. */

import type { Relative } from "../../../src/kernels/attention/attention.ts";
import { attentionBounds, probabilityBounds, sumBounds } from "../../../tests/conformance/cases/attention_bounds.ts";
import type { Problem } from "../../../tests/conformance/cases/attention_data.ts";
import type { Expected } from "../../../tests/conformance/conformance.ts";
import { attentionApply, attentionProbabilities, type Read } from "../../../tests/reference/attention.ts";
import { floats, param, type Twin, type TwinCall, words } from "./twin.ts";

/** `out[r, a, :] = sum_j p[r, a, j] * v[j, a, :]`, and the sums of the probabilities p. */
export const attentionTwin: Twin = (call) => {
  const { longest, ...problem } = problemOf(call);
  const p = { ...problem, columns: longest };
  const probabilities = attentionProbabilities(p, p.columns);
  return {
    out: attended(call, p, attentionApply(p, probabilities, p.columns), attentionBounds(p, probabilities)),
    sums: sumsOf(p),
  };
};

/** `probabilities[r, a, j] = softmax_j(score[r, a, :]) * head_scale[a]`, and their sums. */
export const attentionProbabilitiesTwin: Twin = (call) => {
  const p = { ...problemOf(call), columns: param(call, "keys") };
  const probabilities = attentionProbabilities(p, p.columns);
  const row = p.heads * p.columns;
  return {
    probabilities: pick(p, [probabilities, probabilityBounds(p, probabilities)], { row, place: (r, i) => r * row + i }),
    sums: sumsOf(p),
  };
};

/** `out[r, a, :] = sum_j probabilities[r, a, j] * v[j, a, :]`. */
export const attentionApplyTwin: Twin = (call) => {
  // Scores do not count here, nor does their rounding.
  const p = { ...problemOf(call), columns: param(call, "keys"), exact: true };
  const probabilities = Float64Array.from(floats(call, "probabilities"));
  return { out: attended(call, p, attentionApply(p, probabilities, p.columns), sumBounds(p, probabilities)) };
};

/** The call as the reference and its bounds take it, with the longest key count. */
function problemOf(call: TwinCall): Omit<Problem, "columns"> & { longest: number } {
  const { constants, params } = call;
  const geometry = words(call, "geometry") as Uint32Array<ArrayBuffer>;
  const sequences = Array.from({ length: param(call, "tiles") }, (_, tile) => {
    const [rowStart, rowCount, keyStart, keyCount] = geometry.subarray(param(call, "tiles_at") + 4 * tile);
    return { rowStart, rowCount, keyStart, keyCount } as Problem["sequences"][number];
  });
  const layouts = layoutsOf(call);
  const kind = (constants.RELATIVE ?? 0) as Relative;
  const distances = kind > 0 ? floats(call, "distance") as Float32Array<ArrayBuffer> : new Float32Array(0);
  const stride = params.distance_stride ?? 0;
  const headScale = call.read.head_scale === undefined ? new Float32Array(0) : floats(call, "head_scale");
  return {
    name: "",
    kind,
    sequences,
    rows: Math.max(0, ...sequences.map(({ rowStart, rowCount }) => rowStart + rowCount)),
    heads: param(call, "heads"),
    headSize: param(call, "head_size"),
    longest: Math.max(0, ...sequences.map(({ keyCount }) => keyCount)),
    layouts,
    q: reader(layouts.q),
    k: reader(layouts.k),
    v: reader(layouts.v),
    scale: Math.fround(params.scale ?? 0),
    headScale: headScale as Float32Array<ArrayBuffer>,
    relative: kind === 0 ? null : {
      withKey: kind === 2,
      q: reader(layouts.relativeQuery),
      size: params.relative_size ?? param(call, "head_size"),
      distance: (i, d) => distances[i * stride + d] as number,
      center: param(call, "center"),
      queryPositions: Array.from(geometry.subarray(param(call, "query_positions_at"))),
      keyPositions: Array.from(geometry.subarray(param(call, "key_positions_at"))),
    },
    geometry,
    distances,
    places: {} as Problem["places"], // only tells kernels how to read what is given here already
    outStride: 0,
    exact: false,
  };
}

/** Where q, k, v and the query that is multiplied by distances lie; empty if the kernel does not read them. */
function layoutsOf(call: TwinCall): Problem["layouts"] {
  const { params, read } = call;
  const layout = (binding: string) => ({
    data: (read[binding] === undefined ? new Float32Array(0) : floats(call, binding)) as Float32Array<ArrayBuffer>,
    offset: params[`${binding}_offset`] ?? 0,
    stride: params[`${binding}_stride`] ?? 0,
    head: params[`${binding}_head`] ?? 0,
  });
  const q = layout("q");
  const relativeQuery = read.q_relative === undefined ? q : layout("q_relative");
  return { q, k: layout("k"), v: layout("v"), relativeQuery };
}

function reader({ data, offset, stride, head }: Problem["layouts"]["q"]): Read {
  return (i, a, d) => data[offset + i * stride + a * head + d] as number;
}

/** `[rows, heads, headSize]` values and bounds, as the kernel lays them out. */
function attended(call: TwinCall, p: Problem, values: Float64Array, bounds: Float64Array): Expected {
  const { heads, headSize } = p;
  const [stride, distance] = [param(call, "out_stride"), param(call, "out_head")];
  const place = (r: number, i: number) => r * stride + Math.floor(i / headSize) * distance + i % headSize;
  return pick(p, [values, bounds], { row: heads * headSize, place });
}

/** `[rows, heads]`: a head's scale, or 0 without keys; exact. */
function sumsOf(p: Problem): Expected {
  const { heads, headScale, sequences } = p;
  const values = new Float64Array(p.rows * heads);
  for (const { rowStart, rowCount, keyCount } of sequences) {
    if (keyCount === 0) continue;
    for (let i = 0; i < rowCount * heads; i++) values[rowStart * heads + i] = headScale[i % heads] as number;
  }
  return pick(p, [values, new Float64Array(values.length)], { row: heads, place: (r, i) => r * heads + i });
}

/**
 * The rows of tiles; the kernel leaves all others as they are.
 *
 * @param layout Elements of a row, and the place of each.
 */
function pick(
  { sequences }: Problem,
  [values, bounds]: readonly [Float64Array, Float64Array],
  { row, place }: { row: number; place: (r: number, i: number) => number },
): Expected {
  const rows = sequences.flatMap(({ rowStart, rowCount }) => Array.from({ length: rowCount }, (_, i) => rowStart + i));
  const at = new Uint32Array(rows.length * row);
  const picked = { values: new Float64Array(at.length), bound: new Float64Array(at.length) };
  rows.forEach((r, n) => {
    picked.values.set(values.subarray(r * row, (r + 1) * row), n * row);
    for (let i = 0; i < row; i++) {
      const bound = bounds[r * row + i] as number;
      picked.bound[n * row + i] = Number.isNaN(bound) ? Infinity : bound; // scores so large that rounding decides
      at[n * row + i] = place(r, i);
    }
  });
  return { ...picked, at };
}
