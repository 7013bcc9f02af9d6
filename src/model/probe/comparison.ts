/** Compares what a GPU computed with float64. */

import type { RunOutput } from "../../graph/program/outputs.ts";
import type { Rows } from "./rows.ts";

/** An element that is not what it must be. */
export interface WrongElement {
  readonly at: readonly [row: number, column: number];
  readonly value: number;
  readonly found: number;
  /** How far they are apart: infinite if what was found is no number. */
  readonly difference: number;
  readonly bound: number;
}

/**
 * How far 32-bit floats may be off, as a part of the largest magnitude of all elements, and of 1 if that is more. Sums of
 * thousands of products are off by 1e-5 at most; what matters in a model's answers is more than this.
 */
const BOUND = 1e-4;

/**
 * The element that is off most; null if all are within the bound.
 *
 * @param expected Rows, and which columns of the GPU's they are, if not all.
 */
export function firstWrong(
  { data, dims }: RunOutput,
  { rows, columns }: { rows: Rows; columns?: readonly number[] | undefined },
): WrongElement | null {
  const width = dims.at(-1) as number;
  const peak = rows.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const bound = BOUND * peak;
  let worst: WrongElement | null = null;
  rows.data.forEach((value, i) => {
    const row = Math.floor(i / rows.columns);
    const column = columns?.[i % rows.columns] ?? i % rows.columns;
    const found = data[row * width + column] as number;
    const difference = Number.isFinite(found) ? Math.abs(found - value) : Infinity;
    if (difference <= Math.max(bound, worst?.difference ?? 0)) return;
    worst = { at: [row, column], value, found, difference, bound };
  });
  return worst;
}
