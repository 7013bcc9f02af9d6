/** The twins of the gradients of attention. */

import { KEY_TILE_WORDS } from "../../../src/kernels/training/attention/attention_key_gradient.ts";
import { addedBounds, scoreGradientBounds } from "../../../tests/conformance/cases/attention_gradient_data.ts";
import { expectedAttentionDropout } from "../../../tests/conformance/cases/attention_dropout.ts";
import type { Expected } from "../../../tests/conformance/conformance.ts";
import type { Read } from "../../../tests/reference/attention.ts";
import {
  addByDistances,
  addByKeys,
  addByRows,
  type Added,
  type KeyRange,
  type ReadPair,
  scoreGradient,
  type Target,
} from "../../../tests/reference/attention_gradients.ts";
import { floats, param, type Twin, type TwinCall, words } from "./twin.ts";

/** `d_scores = scale * (dropped * d - p * sum(dropped * d) / head_scale)`. */
export const attentionScoreGradientTwin: Twin = (call) => {
  const sequences = rowTiles(call);
  const [heads, columns] = [param(call, "heads"), param(call, "keys")];
  const [stride, distance] = [param(call, "d_stride"), param(call, "d_head")];
  const p = { data: floats(call, "p"), columns };
  const dOut = floats(call, "d_out");
  const inputs = {
    sequences,
    rows: p.data.length / (heads * columns || 1),
    heads,
    headSize: param(call, "head_size"),
    v: reader(targetOf(call, "v", "v")),
    scale: Math.fround(param(call, "scale")),
    headScale: floats(call, "head_scale"),
  };
  const [dropped, dSums] = [floats(call, "dropped"), floats(call, "d_sums")];
  const gradient = scoreGradient(inputs, {
    p,
    dropped,
    dOut: (r, a, d) => dOut[r * stride + a * distance + d] as number,
    ...(param(call, "summed") > 0 && { dSums: (r: number, a: number) => dSums[r * heads + a] as number }),
  });
  const bounds = scoreGradientBounds(inputs, { p, dropped }, gradient);
  const at = Uint32Array.from(sequences.flatMap(({ rowStart, rowCount }) => {
    return Array.from({ length: rowCount * heads * columns }, (_, i) => rowStart * heads * columns + i);
  }));
  const pick = (all: Float64Array) => Float64Array.from(at, (i) => all[i] as number);
  return { d_scores: { at, values: pick(gradient.values), bound: pick(bounds) } };
};

/** `dropped = p * scale` where the mask says so, else 0; and its sums. */
export const attentionDropoutTwin: Twin = (call) => {
  const names = ["rows", "columns", "seed", "stream", "threshold", "scale"] as const;
  const params = Object.fromEntries(names.map((name) => [name, param(call, name)])) as Record<
    typeof names[number],
    number
  >;
  return { ...expectedAttentionDropout(params, floats(call, "p").subarray(0, params.rows * params.columns)) };
};

/** `d_q[r, a, :] += sum_j d_scores[r, a, j] * x[j, a, :]`. */
export const attentionQueryGradientTwin: Twin = (call) => {
  const x = reader(targetOf(call, "x", "x"));
  const read: ReadPair = isRelative(call) ? byDistance(call) : (_r, t, a, d) => x(t, a, d);
  return { d_q: expected(addByRows(sumOf(call, { ranges: rowTiles(call), weights: "d_scores", x: read, to: "d_q" }))) };
};

/** `d_k[j, a, :] += sum_r weights[r, a, j] * x[r, a, :]`. */
export const attentionKeyGradientTwin: Twin = (call) => {
  const x = reader(targetOf(call, "x", "x"));
  const read: ReadPair = isRelative(call) ? byDistance(call) : (r, _t, a, d) => x(r, a, d);
  return { d_k: expected(addByKeys(sumOf(call, { ranges: keyTiles(call), weights: "weights", x: read, to: "d_k" }))) };
};

/** `d_distance[i, :] += sum of d_scores[r, a, j] * x[r or j, a, :]` at distance i. */
export const attentionDistanceGradientTwin: Twin = (call) => {
  const x = reader(targetOf(call, "x", "x"));
  const byKeys = param(call, "by_keys") > 0;
  const read: ReadPair = (r, t, a, d) => x(byKeys ? t : r, a, d);
  const sum = sumOf(call, { ranges: rowTiles(call), weights: "d_scores", x: read, to: "d_distance" });
  return { d_distance: expected(addByDistances(sum, positionsOf(call))) };
};

/** What a sum over pairs of rows and keys takes. */
function sumOf(
  call: TwinCall,
  { ranges, weights, x, to }: { ranges: KeyRange[]; weights: string; x: ReadPair; to: string },
): Parameters<typeof addByRows>[0] {
  return {
    ranges,
    heads: param(call, "heads"),
    headSize: param(call, "head_size"),
    weights: { data: floats(call, weights), columns: param(call, "keys") },
    x,
    to: targetOf(call, to, "d"),
  };
}

function expected(added: Added): Expected {
  return { values: added.values, bound: addedBounds(added) };
}

/** Where a binding's numbers lie, by the params whose names begin with `name`. */
function targetOf(call: TwinCall, binding: string, name: string): Target & { data: Float32Array } {
  const { params } = call;
  return {
    data: floats(call, binding),
    offset: params[`${name}_offset`] ?? 0,
    stride: param(call, `${name}_stride`),
    head: params[`${name}_head`] ?? 0,
  };
}

function reader({ data, offset, stride, head }: Target): Read {
  return (i, a, d) => data[offset + i * stride + a * head + d] as number;
}

function isRelative({ constants }: TwinCall): boolean {
  return (constants.RELATIVE ?? 0) > 0;
}

/** Tiles of rows, each with all keys of its sequence. */
function rowTiles(call: TwinCall): KeyRange[] {
  return tilesOf(call, 4).map(([rowStart, rowCount, keyStart, keyCount]) => {
    return { rowStart, rowCount, keyStart, keyCount, column: 0 } as KeyRange;
  });
}

/** Tiles of keys, each with all rows of its sequence. */
function keyTiles(call: TwinCall): KeyRange[] {
  return tilesOf(call, KEY_TILE_WORDS).map(([keyStart, keyCount, column, rowStart, rowCount]) => {
    return { rowStart, rowCount, keyStart, keyCount, column } as KeyRange;
  });
}

function tilesOf(call: TwinCall, size: number): Uint32Array[] {
  const geometry = words(call, "geometry");
  const first = param(call, "tiles_at");
  return Array.from({ length: param(call, "tiles") }, (_, i) => {
    return geometry.subarray(first + size * i, first + size * (i + 1));
  });
}

function positionsOf(call: TwinCall) {
  const geometry = words(call, "geometry");
  return {
    queryPositions: Array.from(geometry.subarray(param(call, "query_positions_at"))),
    keyPositions: Array.from(geometry.subarray(param(call, "key_positions_at"))),
    center: param(call, "center"),
  };
}

/** Reads the embedding of the distance between row and token, from the table that is bound as x. */
function byDistance(call: TwinCall): ReadPair {
  const { queryPositions, keyPositions, center } = positionsOf(call);
  const table = reader(targetOf(call, "x", "x"));
  return (r, t, _a, d) => table((queryPositions[r] as number) - (keyPositions[t] as number) + center, 0, d);
}
