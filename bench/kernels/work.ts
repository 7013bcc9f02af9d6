/** One dispatch of a kernel at the size of a model: data, what must come of them, and how much work it is. */

import type { Kernel } from "../../src/kernels/kernel.ts";
import type { ConformanceCase } from "../../tests/conformance/conformance.ts";

/** A case that is checked and then timed. */
export interface KernelWork<F extends string = string, B extends string = string> extends ConformanceCase<F, B> {
  /** What limits the kernel: billions of floating-point operations, or of bytes that it must read and write. */
  amount: { gflop: number } | { gigabytes: number };
}

/** The works of the kernel type `K`. */
export type Works<K> = K extends Kernel<infer F, infer B> ? KernelWork<F, B>[] : never;

/** Tokens of 8 sequences of 64, the width of a model, and of its vocabulary. */
export const MODEL = { rows: 512, width: 768, vocabulary: 30522, sequences: 8, length: 64, heads: 12 } as const;

/** The amount of kernels that read and write each of so many 32-bit elements once. */
export function elements(...counts: number[]): { gigabytes: number } {
  return { gigabytes: 4 * counts.reduce((a, b) => a + b, 0) / 1e9 };
}
