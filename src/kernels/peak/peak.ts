/** What an adapter can do at most, measured: multiply-adds without memory, and copies without arithmetic. */

import type { Gpu } from "../../gpu/device.ts";
import type { Constants, Kernel } from "../kernel.ts";
import { prepareLaunch } from "../launch.ts";
import { peakCopy } from "./peak_copy.ts";
import { FLOP_PER_INVOCATION, peakMultiplyAdds } from "./peak_multiply_adds.ts";

/** What an adapter can do at most, in billions a second. */
export interface Peak {
  /** Floating-point operations, f32. */
  readonly gflops: number;
  /** Bytes read and bytes written. */
  readonly gigabytes: number;
}

/** Of this many bytes few caches hold two. */
const COPY_BYTES = 64 * 1024 * 1024;

/** How an adapter is measured. */
export interface PeakOptions {
  /** What was measured before: the better of both counts. Default: nothing. */
  readonly best?: Peak;
  /** Measure for less than a second, with workgroups of one size. Default: of several, for some seconds. */
  readonly quick?: boolean;
}

/** How often each kernel is timed: rounds of one dispatch, and of one and more. */
interface Repeats {
  readonly rounds: number;
  readonly more: number;
}

/** Measures an adapter: the best of several workgroup sizes, each tried a few times. */
export async function measurePeak(
  gpu: Gpu,
  { best, quick = false }: PeakOptions = {},
): Promise<Peak> {
  let { gflops, gigabytes } = best ?? { gflops: 0, gigabytes: 0 };
  const isSoftware = gpu.adapterClass === "software";
  const invocations = isSoftware ? 2 ** 14 : 2 ** 21;
  const bytes = Math.min(COPY_BYTES, gpu.buffers.largest);
  const repeats = { rounds: quick ? 3 : 4, more: isSoftware ? (quick ? 2 : 5) : 40 };
  const sets = <K extends typeof peakMultiplyAdds | typeof peakCopy>({ constants, constantSets }: K) =>
    quick ? [constants()] : constantSets();
  for (const constants of sets(peakMultiplyAdds)) {
    const groups = invocations / (constants.WORKGROUP as number);
    const call = { constants, params: { groups }, buffers: { out: 16 * invocations } };
    const taken = await seconds(gpu, peakMultiplyAdds, { call, repeats });
    gflops = Math.max(gflops, FLOP_PER_INVOCATION * invocations / taken / 1e9);
  }
  for (const constants of sets(peakCopy)) {
    const call = { constants, params: { groups: 4096 }, buffers: { x: bytes, out: bytes } };
    gigabytes = Math.max(gigabytes, 2 * bytes / await seconds(gpu, peakCopy, { call, repeats }) / 1e9);
  }
  return { gflops, gigabytes };
}

/** The least share of the time of many dispatches that is taken for theirs; the rest is waiting. */
const LEAST_SHARE = 0.1;

/** Seconds of a dispatch at best: those of many in a submit, less the wait for one. */
async function seconds<B extends string>(
  gpu: Gpu,
  kernel: Kernel<"groups", B>,
  { call, repeats: { rounds, more } }: {
    call: { constants: Constants; params: { groups: number }; buffers: Record<B, number> };
    repeats: Repeats;
  },
): Promise<number> {
  const launch = await prepareLaunch(gpu, kernel, call);
  const least = { one: Infinity, many: Infinity };
  try {
    // On a busy machine the one may take as long as the many: then more rounds tell them apart.
    const isUnclear = () => least.many - least.one < LEAST_SHARE * least.many;
    for (let i = 0; i < rounds || (i < 4 * rounds && isUnclear()); i++) {
      least.one = Math.min(least.one, await wall(gpu, () => launch.run()));
      least.many = Math.min(least.many, await wall(gpu, () => launch.run(1 + more)));
    }
  } finally {
    launch.dispose();
    gpu.buffers.trim();
  }
  return Math.max(LEAST_SHARE * least.many, least.many - least.one) / more / 1000;
}

/** Milliseconds of submitted work and the wait for it. */
export async function wall(gpu: Gpu, submit: () => void): Promise<number> {
  const start = performance.now();
  submit();
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
