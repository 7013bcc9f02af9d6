/** Readout `pooled_state`: the states of a text's tokens as one vector, in the ways of sentence-transformers. */

import { poolRows } from "../../graph/ops/rows/pool_rows.ts";
import { POOL_CODES } from "../../kernels/rows/pool_rows.ts";
import { BASE } from "../../model/head.ts";
import { type Asked, defineReadout, rowsOf } from "./definition.ts";
import type { Readout } from "./readout.ts";

/**
 * A way from the states of tokens to one vector, by the name that sentence-transformers gives it: the first token's
 * state, the largest value in each column, the mean, the sum by the square root of the number of tokens, the mean
 * weighted by positions from 1, the last token's state.
 */
export type PoolingMode = "cls" | "max" | "mean" | "mean_sqrt_len_tokens" | "weightedmean" | "lasttoken";

/** Every {@linkcode PoolingMode}, in the order in which sentence-transformers joins what its flags ask for. */
export const POOLING_MODES: readonly PoolingMode[] = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
];

/** Options of {@linkcode pooledState}. */
export interface PooledStateAsk {
  /** The poolings, one at least; their vectors are joined in this order. */
  readonly poolings: readonly PoolingMode[];
  /** The first token that is pooled. `weightedmean` counts positions from the text's first. @default 0 */
  readonly from?: number;
}

/** Whether a pooling takes one row. */
const isSingle = (mode: PoolingMode) => mode === "cls" || mode === "lasttoken";

/** The rows of a question: all tokens that are pooled, or those alone that its poolings take. */
function rowsFor({ poolings, from = 0 }: PooledStateAsk, { tokens }: { tokens: number }): ArrayLike<number> {
  if (!Array.isArray(poolings) || poolings.length === 0) {
    throw new TypeError(`poolings must be an array of ${POOLING_MODES.join(", ")}, got ${String(poolings)}`);
  }
  const unknown: unknown = poolings.find((mode) => !POOLING_MODES.includes(mode));
  if (unknown !== undefined) {
    throw new RangeError(`poolings must be of ${POOLING_MODES.join(", ")}, got ${String(unknown)}`);
  }
  if (!(Number.isInteger(from) && from >= 0 && from < tokens)) {
    throw new RangeError(`from must be a position from 0 to ${tokens - 1} of its text, got ${from}`);
  }
  if (!poolings.every(isSingle)) return Array.from({ length: tokens - from }, (_, i) => from + i);
  const first = poolings.includes("cls") ? [from] : [];
  return poolings.includes("lasttoken") && (from < tokens - 1 || first.length === 0) ? [...first, tokens - 1] : first;
}

/** The segments of all questions: for each the first row, the end, the code of the pooling, and the first position. */
function tableOf(asked: readonly Asked<PooledStateAsk>[]): Uint32Array {
  const table: number[] = [];
  let start = 0;
  for (const { ask: { poolings, from = 0 }, count } of asked) {
    const end = start + count;
    for (const mode of poolings) {
      if (mode === "cls") table.push(start, start + 1, POOL_CODES.mean, 0);
      else if (mode === "lasttoken") table.push(end - 1, end, POOL_CODES.mean, 0);
      else table.push(start, end, POOL_CODES[mode], from);
    }
    start = end;
  }
  return Uint32Array.from(table);
}

/** `pooled_state`: the last hidden states of a text's tokens, pooled; `[poolings · H]`. */
export const pooledState: Readout<"pooled_state", PooledStateAsk> = defineReadout({
  name: "pooled_state",
  options: ["poolings", "from"],
  head: BASE,
  rows: rowsFor,
  trace(g, x) {
    const table = g.input("pooled_state.table", "u32", ["pooled_state.words"]);
    return { pooled: poolRows(g, { label: "pooled_state", x, table, segments: "pooled_state.segments" }) };
  },
  inputs(asked) {
    const table = tableOf(asked);
    return {
      inputs: { "pooled_state.table": table },
      scalars: { "pooled_state.segments": table.length / 4, "pooled_state.words": table.length },
    };
  },
  inputKey: ({ poolings, from = 0 }) => `${poolings.join("+")} ${from}`,
  outputRows: ({ poolings }) => poolings.length,
  answer: (outputs, { question }, { poolings }) => ({
    values: rowsOf(outputs("pooled"), { first: question, count: poolings.length, question }),
  }),
});
