/** Pools states of tokens on the CPU, in float64: those that modules have changed, and which are not on the GPU. */

import type { PoolingMode } from "../readouts/pooled_state.ts";

/** How the values of a column become one, given the positions of their tokens from 1. */
type Pool = (column: readonly number[], positions: readonly number[]) => number;

const sum: Pool = (column) => column.reduce((a, b) => a + b, 0);

const POOLS: Readonly<Record<PoolingMode, Pool>> = {
  cls: (column) => column[0] as number,
  max: (column) => column.reduce((a, b) => Math.max(a, b), -Infinity),
  mean: (column, positions) => sum(column, positions) / column.length,
  mean_sqrt_len_tokens: (column, positions) => sum(column, positions) / Math.sqrt(column.length),
  weightedmean: (column, positions) =>
    sum(column.map((x, i) => x * (positions[i] as number)), positions) / sum(positions, positions),
  lasttoken: (column) => column.at(-1) as number,
};

/**
 * One vector of the states of a text's tokens: its poolings, joined.
 *
 * @param states Of each token, as many numbers.
 * @param about `from`: the first token that is pooled, one of them. `weightedmean` counts positions from the text's first.
 */
export function poolStates(
  states: readonly Float64Array[],
  { modes, from }: { modes: readonly PoolingMode[]; from: number },
): Float64Array {
  const pooled = states.slice(from);
  const positions = pooled.map((_, i) => from + i + 1);
  const width = pooled[0]!.length;
  return Float64Array.from({ length: modes.length * width }, (_, i) => {
    const column = pooled.map((state) => state[i % width] as number);
    return POOLS[modes[Math.floor(i / width)]!](column, positions);
  });
}
