/** What an adapter can do at most, measured: multiply-adds without memory, and copies without arithmetic. */

import copy from "../../kernels/peak_copy.wgsl" with { type: "text" };
import multiplyAddsSource from "../../kernels/peak_multiply_adds.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/device.ts";
import { type Constants, defineKernel, type Grid, type Kernel } from "./kernel.ts";
import { prepareLaunch } from "./launch.ts";

/** What an adapter can do at most, in billions a second. */
export interface Peak {
  /** Floating-point operations, f32. */
  gflops: number;
  /** Bytes read and bytes written. */
  gigabytes: number;
}

/** Chains of dependent multiply-adds of an invocation, four wide: enough to hide the latency of one. */
const CHAINS = 8;
const ROUNDS = 256;
const FLOP_PER_INVOCATION = ROUNDS * CHAINS * 4 * 2;

/** What both kernels declare alike: so many workgroups, of several sizes. */
const workgroups = {
  params: { groups: "u32" },
  constants: { WORKGROUP: 64 },
  constantSets: [{ WORKGROUP: 8 }, { WORKGROUP: 64 }, { WORKGROUP: 256 }],
  workgroupSize: ({ WORKGROUP }: { WORKGROUP: number }): Grid => [WORKGROUP, 1, 1],
  grid: ({ groups }: { groups: number }): Grid => [groups, 1, 1],
} as const;

/** Not in the registry, as no model computes it. */
const multiplyAdds = defineKernel({
  name: "peak_multiply_adds",
  summary: "dependent multiply-adds in registers",
  source: multiplyAddsSource,
  bindings: { out: "write" },
  ...workgroups,
});

/** A copy of four elements at a time. */
export const copyKernel = defineKernel({
  name: "peak_copy",
  summary: "out = x",
  source: copy,
  bindings: { x: "read", out: "write" },
  ...workgroups,
});

/** Of this many bytes few caches hold two. */
const COPY_BYTES = 64 * 1024 * 1024;

/** How an adapter is measured. */
export interface PeakOptions {
  /** Raised to what is beyond it. Default: nothing. */
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
  { best = { gflops: 0, gigabytes: 0 }, quick = false }: PeakOptions = {},
): Promise<Peak> {
  const isSoftware = gpu.adapterClass === "software";
  const invocations = isSoftware ? 2 ** 14 : 2 ** 21;
  const bytes = Math.min(COPY_BYTES, gpu.buffers.largest);
  const repeats = { rounds: quick ? 3 : 4, more: isSoftware ? (quick ? 2 : 5) : 40 };
  const sets = <K extends typeof multiplyAdds | typeof copyKernel>({ constants, constantSets }: K) =>
    quick ? [constants()] : constantSets();
  for (const constants of sets(multiplyAdds)) {
    const groups = invocations / (constants.WORKGROUP as number);
    const call = { constants, params: { groups }, buffers: { out: 16 * invocations } };
    const taken = await seconds(gpu, multiplyAdds, { call, repeats });
    best.gflops = Math.max(best.gflops, FLOP_PER_INVOCATION * invocations / taken / 1e9);
  }
  for (const constants of sets(copyKernel)) {
    const call = { constants, params: { groups: 4096 }, buffers: { x: bytes, out: bytes } };
    best.gigabytes = Math.max(best.gigabytes, 2 * bytes / await seconds(gpu, copyKernel, { call, repeats }) / 1e9);
  }
  return best;
}

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
  for (let i = 0; i < rounds; i++) {
    least.one = Math.min(least.one, await wall(gpu, () => launch.run()));
    least.many = Math.min(least.many, await wall(gpu, () => launch.run(1 + more)));
  }
  launch.dispose();
  gpu.buffers.trim();
  return Math.max(1e-9, least.many - least.one) / more / 1000;
}

/** Milliseconds of submitted work and the wait for it. */
export async function wall(gpu: Gpu, submit: () => void): Promise<number> {
  const start = performance.now();
  submit();
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
