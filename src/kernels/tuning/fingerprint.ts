/**
 * What tells drivers apart whose adapters have the same name: Vulkan from OpenGL, a release of Mesa from the next. WGSL
 * leaves open how functions are computed and whether products and sums are fused, and each compiler decides otherwise.
 *
 * Times are no such sign. Ratios of the times of small kernels, to the next power of two, came out differently in a
 * quarter of the runs on a machine with other work, and alike on Vulkan and OpenGL. Bits are the same in every run.
 */

import source from "../../../kernels/fingerprint.wgsl" with { type: "text" };
import { random } from "../../base/random.ts";
import type { Gpu } from "../../gpu/device.ts";
import { defineKernel } from "../kernel.ts";
import { prepareLaunch } from "../launch.ts";
import { shortHash } from "./short_hash.ts";

/** Vectors for which the functions are computed. */
const COUNT = 32;

/** No twin can say what is right, as the results are to differ between drivers. */
export const fingerprint = defineKernel({
  name: "fingerprint",
  summary: "functions of v[i] as the driver computes them",
  source,
  bindings: { v: "read", out: "write" },
  params: { count: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [COUNT, 1, 1],
  grid: ({ count }) => [Math.ceil(count / COUNT), 1, 1],
});

const fingerprints = new WeakMap<Gpu, Promise<string>>();

/**
 * A few digits that are always the same on one driver, and others on another one. Measured once a device, by one small
 * kernel: some milliseconds.
 *
 * @throws {DeviceLostError} If the device is lost.
 */
export function fingerprintOf(gpu: Gpu): Promise<string> {
  let found = fingerprints.get(gpu);
  if (found === undefined) fingerprints.set(gpu, found = gpu.watch(() => measure(gpu)));
  return found;
}

async function measure(gpu: Gpu): Promise<string> {
  const next = random(COUNT);
  const v = Float32Array.from({ length: 4 * COUNT }, () => 4 * next());
  const launch = await prepareLaunch(gpu, fingerprint, {
    params: { count: COUNT },
    buffers: { v, out: 4 * 9 * COUNT },
  });
  try {
    launch.run();
    const bits = new Uint32Array((await launch.read("out", "low")).buffer);
    const { subgroupMinSize, subgroupMaxSize } = gpu.device.adapterInfo;
    return shortHash([subgroupMinSize, subgroupMaxSize, ...bits].join());
  } finally {
    launch.dispose();
  }
}
