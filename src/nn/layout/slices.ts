/** Slices of tables that no buffer holds as a whole. */

import type { Gpu } from "../../gpu/device.ts";
import type { Range } from "./placement.ts";

/** Rows of a slice are a multiple of this, so that the columns of logits that a slice gives are whole vec4s. */
const UNIT = 4;

/**
 * The ranges of rows that slices of a table hold: as few and as equal as may be.
 *
 * @param most Rows that a buffer holds. If it holds fewer than four, slices have four rows all the same, which no buffer
 *   holds.
 */
export function rowSlices(rows: number, most: number): Range[] {
  if (rows <= most) return [{ begin: 0, end: rows }];
  const count = Math.ceil(rows / Math.max(UNIT, Math.floor(most / UNIT) * UNIT));
  const each = Math.ceil(rows / count / UNIT) * UNIT;
  return Array.from({ length: count }, (_, i) => ({ begin: i * each, end: Math.min(rows, (i + 1) * each) }));
}

/** Bytes of slices in place of what a device allows. */
const chosen = new WeakMap<Gpu, number>();

/** Bytes of the largest buffer into which a model's tables are cut and weights joined on a device. */
export function sliceBytes(gpu: Gpu): number {
  return Math.min(gpu.buffers.largest, chosen.get(gpu) ?? Infinity);
}

/**
 * Cuts tables and joins weights of the models that are loaded on a device from now on as if no buffer held more than
 * `bytes`, so that tests see small models in slices; Infinity to stop.
 */
export function useSliceBytes(gpu: Gpu, bytes: number): void {
  chosen.set(gpu, bytes);
}
