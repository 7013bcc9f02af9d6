/**
 * Estimated costs of kernel calls. They decide how work is cut into submissions, but never affect its results.
 *
 * The unit is a multiply-add of a large product. The constants were measured on a software adapter.
 */

import type { Params } from "../kernels/kernel.ts";

/** Cost of a dispatch with nothing to do. */
export const DISPATCH = 100_000;

/** Rows added to those of a product, since a product with few rows waits for memory. */
const FEW_ROWS = 6;

/** Cost of a multiply-add in attention. */
const SCORE = 4;

/** Cost of an element in kernels that read each once or twice. */
const ELEMENT = 50;

/** The cost of `batch` products of m x k by k x n. */
export function productCost({ m, n, k, batch }: { m: number; n: number; k: number; batch: number }): number {
  return (m + FEW_ROWS) * n * k * batch;
}

/** The cost of scores, or of sums over values, in attention. */
export function attentionCost(multiplyAdds: number): number {
  return SCORE * multiplyAdds;
}

/** The cost of writing elements. */
export function elementsCost(count: number): number {
  return ELEMENT * count;
}

/**
 * Names calls that take about the same time per unit: products of one kernel and weight shape, or calls of one kernel.
 */
export function costKind(kernel: string, { n, k }: Params): string {
  return n === undefined || k === undefined ? kernel : `${kernel} ${n} ${k}`;
}
