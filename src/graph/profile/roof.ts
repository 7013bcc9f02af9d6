/** How near work comes to what an adapter can do: to its arithmetic, or to its memory. */

import type { Peak } from "../../kernels/peak/peak.ts";

/** The rates of some work. */
export interface Roof {
  /** Billions of operations, and of bytes, a second. */
  readonly gflops: number;
  readonly gigabytes: number;
  /** The larger share of the peak, which may be beyond 1: caches are faster than memory. Null without a peak. */
  readonly share: number | null;
  /** What that is a share of. */
  readonly limit: "flop" | "byte";
}

/** Compares work with a peak. */
export function roofOf(
  { milliseconds, operations, bytes }: { milliseconds: number; operations: number; bytes: number },
  peak: Peak | null,
): Roof {
  const [gflops, gigabytes] = [operations / milliseconds / 1e6, bytes / milliseconds / 1e6];
  const [byFlop, byByte] = peak === null ? [0, 0] : [gflops / peak.gflops, gigabytes / peak.gigabytes];
  const share = peak === null || milliseconds === 0 ? null : Math.max(byFlop, byByte);
  return { gflops, gigabytes, share, limit: byFlop >= byByte ? "flop" : "byte" };
}
