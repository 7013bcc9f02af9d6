/** What kernels cost, estimated. How work is cut into submissions depends on it; its results never do. */

import type { Params } from "../kernels/kernel.ts";

/** Cost of a dispatch with nothing to do. */
const DISPATCH = 100_000;

/** Rows that a product with few rows counts for beyond its own: it waits for memory. */
const FEW_ROWS = 6;

/** Cost of an element in kernels that read each once or twice. */
const ELEMENT = 50;

/** Cost of a multiply-add in attention. */
const SCORE = 4;

/** Keys of a row, if the params do not tell. */
const KEYS = 64;

/** Estimated cost of a kernel call, in multiply-adds of a large product. */
export function costOf(kernel: string, params: Params): number {
  const of = (name: string, otherwise = 1) => params[name] ?? otherwise;
  if (kernel.startsWith("matmul")) return DISPATCH + (of("m") + FEW_ROWS) * of("n") * of("k") * of("batch");
  if (kernel.startsWith("attention")) {
    const products = kernel === "attention" ? 2 : 1;
    return DISPATCH + SCORE * products * 8 * of("tiles") * of("heads") * of("head_size") * of("keys", KEYS);
  }
  return DISPATCH + ELEMENT * of("rows") * of("columns") * of("count");
}

/** Names calls that cost about the same for each unit: products with the same weights' shape, or calls of one kernel. */
export function costKind(kernel: string, { n, k }: Params): string {
  return n === undefined || k === undefined ? kernel : `${kernel} ${n} ${k}`;
}
