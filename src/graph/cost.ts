/** What kernels cost, estimated: how work is cut into submissions depends on it, its results never do. */

import type { Params } from "../kernels/kernel.ts";

/** Cost of a dispatch with nothing to do. */
const DISPATCH = 20_000;

/** Estimated cost of a kernel call, in multiply-adds of a large product. */
export function costOf(kernel: string, params: Params): number {
  const product = (...names: string[]) => names.reduce((sum, name) => sum * (params[name] ?? 1), 1);
  if (kernel.startsWith("matmul")) return DISPATCH + product("m", "n", "k", "batch");
  return DISPATCH;
}
