/** What an adapter can do at most, measured: multiply-adds without memory, and copies without arithmetic. */

import type { Gpu } from "../src/gpu/device.ts";
import { type Constants, defineKernel, type Grid } from "../src/kernels/kernel.ts";
import { prepareLaunch } from "../src/kernels/launch.ts";

/** Billions a second. */
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

const each = (line: (chain: number) => string) => Array.from({ length: CHAINS }, (_, i) => line(i)).join("\n");

/** What both kernels declare alike: so many workgroups, of several sizes. */
const workgroups = {
  params: { groups: "u32" },
  constants: { WORKGROUP: 64 },
  constantSets: [{ WORKGROUP: 8 }, { WORKGROUP: 64 }, { WORKGROUP: 256 }],
  workgroupSize: ({ WORKGROUP }: { WORKGROUP: number }): Grid => [WORKGROUP, 1, 1],
  grid: ({ groups }: { groups: number }): Grid => [groups, 1, 1],
} as const;

/** `out[i]` = a sum that depends on all multiply-adds, so that none may be left out. */
const multiplyAdds = defineKernel({
  name: "peak_multiply_adds",
  summary: "dependent multiply-adds in registers",
  source: `
    struct Params { groups: u32 }
    override WORKGROUP: u32;
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
    @compute @workgroup_size(WORKGROUP)
    fn main(@builtin(global_invocation_id) id: vec3u) {
      let x = vec4f(f32(id.x % 7u) * 1e-3);
      ${each((i) => `var a${i} = x + ${i}.0;`)}
      for (var r = 0u; r < ${ROUNDS}u; r++) {
        ${each((i) => `a${i} = fma(a${i}, x, x);`)}
      }
      out[id.x] = ${Array.from({ length: CHAINS }, (_, i) => `a${i}`).join(" + ")};
    }`,
  bindings: { out: "write" },
  ...workgroups,
});

/** Of this many bytes few caches hold two. */
const COPY_BYTES = 64 * 1024 * 1024;

/** A copy of four elements at a time. */
export const copyKernel = defineKernel({
  name: "peak_copy",
  summary: "out = x",
  source: `
    struct Params { groups: u32 }
    override WORKGROUP: u32;
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> x: array<vec4f>;
    @group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
    @compute @workgroup_size(WORKGROUP)
    fn main(@builtin(global_invocation_id) id: vec3u) {
      let stride = params.groups * WORKGROUP;
      for (var i = id.x; i < arrayLength(&x); i += stride) { out[i] = x[i]; }
    }`,
  bindings: { x: "read", out: "write" },
  ...workgroups,
});

/** Measures an adapter: the best of several workgroup sizes, each tried a few times, raises `best` to what is beyond it. */
export async function measurePeak(gpu: Gpu, best: Peak = { gflops: 0, gigabytes: 0 }): Promise<Peak> {
  const invocations = gpu.adapterClass === "software" ? 2 ** 14 : 2 ** 21;
  const bytes = Math.min(COPY_BYTES, gpu.buffers.largest);
  for (const constants of multiplyAdds.constantSets()) {
    const groups = invocations / (constants.WORKGROUP as number);
    const launch = { constants, params: { groups }, buffers: { out: 16 * invocations } };
    best.gflops = Math.max(
      best.gflops,
      FLOP_PER_INVOCATION * invocations / await seconds(gpu, multiplyAdds, launch) / 1e9,
    );
  }
  for (const constants of copyKernel.constantSets()) {
    const launch = { constants, params: { groups: 4096 }, buffers: { x: bytes, out: bytes } };
    best.gigabytes = Math.max(best.gigabytes, 2 * bytes / await seconds(gpu, copyKernel, launch) / 1e9);
  }
  return best;
}

/** Seconds of a dispatch at best: those of many in a submit, less the wait for one. */
async function seconds<B extends string>(
  gpu: Gpu,
  kernel: ReturnType<typeof defineKernel<"groups", B, "WORKGROUP">>,
  call: { constants: Constants; params: { groups: number }; buffers: Record<B, number> },
): Promise<number> {
  const more = gpu.adapterClass === "software" ? 5 : 40;
  const launch = await prepareLaunch(gpu, kernel, call);
  const least = { one: Infinity, many: Infinity };
  for (let i = 0; i < 4; i++) {
    least.one = Math.min(least.one, await wall(gpu, () => launch.run()));
    least.many = Math.min(least.many, await wall(gpu, () => launch.run(1 + more)));
  }
  launch.dispose();
  gpu.buffers.trim();
  return (least.many - least.one) / more / 1000;
}

/** Milliseconds of submitted work and the wait for it. */
export async function wall(gpu: Gpu, submit: () => void): Promise<number> {
  const start = performance.now();
  submit();
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
