/**
 * Every kernel of the registry at the sizes of a model, in the variant that this adapter gets: billions of operations or
 * of bytes a second, and their share of the adapter's peak as `src/kernels/peak/` measures it. Each result is checked
 * before it is timed. A sample is as many dispatches in one submit, each with the copies to textures that it needs, as
 * make the wait for the GPU small beside them.
 */

import assert from "node:assert/strict";
import type { Kernel } from "../src/kernels/kernel.ts";
import { prepareLaunch } from "../src/kernels/launch.ts";
import { measurePeak, wall } from "../src/kernels/peak/peak.ts";
import { KERNELS } from "../src/kernels/registry.ts";
import { tuningOf } from "../src/kernels/tuning/tuning.ts";
import { judge } from "../tests/conformance/conformance.ts";
import type { KernelWork } from "./kernels/work.ts";
import { worksOf } from "./kernels/works.ts";
import { benchRate } from "./rate.ts";
import { figures, gpu, note, report } from "./report.ts";

/** Milliseconds of a sample, roughly: ten times the wait. */
const SAMPLE = 120;

const works = KERNELS.map((kernel) => ({ kernel, ofKernel: worksOf(kernel, tuningOf(gpu)) }));
let peak = await measurePeak(gpu);
report(() => [
  figures({
    name: "the adapter's peak",
    unit: "billions a second",
    values: { "floating-point operations": peak.gflops, "bytes read and written by a copy": peak.gigabytes },
  }),
  note(
    "The peak is what two small kernels on buffers reached: multiply-adds in registers, and a copy of more than most " +
      "caches hold. A share beyond 100% comes of data that caches do hold, or of noise: where other programs run, the " +
      "peak itself is found up to twice too low. A kernel that reads textures pays for the copies to them each time.",
  ),
]);
for (const { kernel, ofKernel } of works) {
  const { features = [] } = kernel.request(kernel.constants());
  const lacking = features.find((feature) => !gpu.features.has(feature));
  if (lacking !== undefined) console.error(`${kernel.name}: left out, as this adapter lacks ${lacking}`);
  else for (const work of ofKernel) await bench(kernel, work);
}
// Again, as the machine may have been busy at first.
peak = await measurePeak(gpu, { best: peak });

async function bench(kernel: Kernel, work: KernelWork): Promise<void> {
  assert.equal(await judge(gpu, kernel, work), null, `${kernel.name} ${work.name} is wrong`);
  const launch = await prepareLaunch(gpu, kernel, work);
  const one = await wall(gpu, () => launch.run());
  const several = await wall(gpu, () => launch.run(9));
  const times = Math.min(2000, Math.ceil(SAMPLE / Math.max(1e-3, (several - one) / 8)));
  const [unit, amount, most] = "gflop" in work.amount
    ? ["GFLOP/s", work.amount.gflop, () => peak.gflops] as const
    : ["GB/s", work.amount.gigabytes, () => peak.gigabytes] as const;
  const options = { unit, times, amount, peak: most, warmup: 1, n: 5 };
  benchRate({ name: work.name, group: kernel.name, ...options }, () => wall(gpu, () => launch.run(times)));
}
