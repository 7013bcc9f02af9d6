/** Profiles on drivers that leave stamps at 0, and profiles whose times cannot be read. */

import assert from "node:assert/strict";
import { NarrowBertModel, startProfile } from "../../../mod.ts";
import { profileReport } from "../../../src/cli/profiling/report.ts";
import type { TimedKernel } from "../../../src/gpu/profiling/kernel_store.ts";
import { kernelSession } from "../../../src/gpu/profiling/session.ts";
import { TimestampSet } from "../../../src/gpu/profiling/timestamps.ts";
import { goldenModel } from "../../golden/golden_case.ts";
import { readTrace, timesOf } from "./trace_file.ts";

/** A clock of a GPU, in nanoseconds. */
const NOW = 5_000_000_000n;

const DEVICE = {} as GPUDevice;

const ran = (start: bigint, end: bigint): TimedKernel => ({
  label: "layer",
  work: { kernel: "matmul", shape: "8 x 8", part: "head", operations: 1e6, bytes: 1e3, sizes: {} },
  start,
  end,
});

const UNTIMED = ran(0n, 0n);

/** The profile of a program that submitted some kernels, each list at once. */
async function profileOf(...submissions: (readonly TimedKernel[])[]) {
  using profiling = startProfile();
  submissions.forEach((kernels, i) => {
    kernelSession()!.listener({ device: DEVICE, submitted: 100 * i, done: 100 * i + 50, kernels });
  });
  return await profiling.stop();
}

/** Whether a text has what comes of a division by 0. */
const BROKEN = /NaN|Infinity|∞|undefined/;

for (
  const [name, kernels] of [
    ["first", [UNTIMED, ran(NOW, NOW + 1_000_000n)]],
    ["last", [ran(NOW, NOW + 1_000_000n), UNTIMED]],
  ] as const
) {
  Deno.test(`a kernel without stamps, ${name} of its submission, takes no part in the time of the others`, async () => {
    const profile = await profileOf(kernels, [ran(NOW + 2_000_000n, NOW + 4_000_000n)]);
    const { totals, notes } = profile;
    assert.deepEqual([totals.calls, totals.kernels, totals.between], [3, 3, 0]);
    assert.deepEqual(notes, ["The driver gave no time for 1 kernels, which count as 0"]);
    const gpu = readTrace(profile.trace()).lane("GPU");
    assert.deepEqual(gpu.map(({ name }) => name), ["submission 1", "matmul", "submission 2", "matmul"]);
    const lengths = gpu.map((event) => timesOf(event)).map(([start, end]) => end - start);
    assert.deepEqual(lengths, [1_000_000, 1_000_000, 2_000_000, 2_000_000]);
    assert.doesNotMatch(profile.table() + profileReport(profile, "embed"), BROKEN);
  });
}

Deno.test("a profile of kernels that all lack stamps shows counts, and no share of nothing", async () => {
  const profile = await profileOf([UNTIMED, UNTIMED], [UNTIMED]);
  const { totals, notes, kernels } = profile;
  assert.deepEqual([totals.calls, totals.kernels, totals.between], [3, 0, 0]);
  assert.deepEqual(notes, ["The driver gave no time for 3 kernels, which count as 0"]);
  assert.deepEqual([kernels.length, kernels[0]!.calls], [1, 3]);
  assert.deepEqual(readTrace(profile.trace()).events, []);
  const page = profileReport(profile, "embed");
  assert.match(page, /<code>matmul<\/code>/);
  assert.doesNotMatch(page, BROKEN);
  assert.match(profile.table(), /^matmul +8 x 8 +3 +0\.00 +0\.00$/m);
  assert.doesNotMatch(profile.table(), BROKEN);
});

Deno.test("a kernel of which the driver stamps the start or the end alone has no time", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const { read } = TimestampSet.prototype;
  TimestampSet.prototype.read = async function (count) {
    const stamps = await read.call(this, count);
    stamps[0] = 0n; // the start of the first kernel
    stamps[3] = 0n; // the end of the second
    return stamps;
  };
  using _restored = { [Symbol.dispose]: () => void (TimestampSet.prototype.read = read) };
  using profiling = startProfile();
  await model.forward({ input_ids: [[1, 2, 3, 4]] });
  const { totals, notes } = await profiling.stop();
  assert.deepEqual(notes, ["The driver gave no time for 2 kernels, which count as 0"]);
  assert.ok(totals.kernels > 0 && totals.kernels + totals.between <= totals.computing, JSON.stringify(totals));
});

Deno.test("a profile whose times cannot be read gives its memory back, and another one can begin", async () => {
  using profiling = startProfile();
  const session = kernelSession()!;
  let disposed = 0;
  session.drain = () => Promise.reject(new Error("no memory to map"));
  session.dispose = () => void disposed++;
  await assert.rejects(profiling.stop(), /^Error: no memory to map$/);
  assert.equal(disposed, 1);
  assert.equal((await profileOf()).totals.calls, 0);
});
