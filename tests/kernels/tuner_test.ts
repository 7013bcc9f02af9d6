/** The tuner: what it checks, what it chooses by given times, and that it gives everything back. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { attention } from "../../src/kernels/attention/attention.ts";
import { attentionProbabilities } from "../../src/kernels/attention/attention_probabilities.ts";
import { type Kernel, type Variant, variantOf } from "../../src/kernels/kernel.ts";
import { matmul } from "../../src/kernels/products/matmul.ts";
import { tune } from "../../src/kernels/tuner/tuner.ts";
import { attentionWork } from "../../src/kernels/tuner/attention.ts";
import { attentionSamples } from "../../src/kernels/tuner/attention_samples.ts";
import { type Clock, clockOf, wallClock } from "../../src/kernels/tuner/clock.ts";
import { matmulSample, matmulWork } from "../../src/kernels/tuner/matmul.ts";
import { random } from "../../src/base/random.ts";
import { firstWrong, matrices, modelSizes, type Work } from "../../src/kernels/tuner/work.ts";
import { candidates } from "../../src/kernels/tuning/candidates.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { INFERENCE_SLOTS, type Slot, SLOTS, TRAINING_SLOTS } from "../../src/kernels/tuning/slots.ts";
import { attention as attentionTwin, type AttentionInputs } from "../reference/attention.ts";
import { matmulAt } from "../reference/matmul.ts";
import { ownDevice } from "../gpu/own_device.ts";

const gpu = await requestGpu();

/** A model so small that its calls cost nothing. */
const SIZES = { rows: 65, sequences: 2, tokens: 12, hidden: 64, heads: 2, forward: 128 };

/** A clock that says what it is told of each candidate, in ms a run; and how often it was asked. */
function clock(milliseconds: (variant: Variant) => number): Clock & { asked: Map<Variant, number> } {
  const asked = new Map<Variant, number>();
  return {
    by: "timestamps",
    sample: 1,
    time({ variant }, times) {
      asked.set(variant, (asked.get(variant) ?? 0) + 1);
      return Promise.resolve(times * milliseconds(variant));
    },
    dispose: () => assert.fail("not the tuner's own"),
    asked,
  };
}

/** What is chosen for projected attention where 8, 16 and 32 lanes take these times; 8 are shipped. */
async function chosenLanes(...times: [number, number, number]): Promise<unknown> {
  const given = clock(({ constants }) => times[[8, 16, 32].indexOf(constants.LANES as number)] as number);
  const [report] = await tune(gpu, { slots: ["attention_projected"], sizes: SIZES, clock: given });
  assert.deepEqual(report?.timed.map(({ milliseconds }) => milliseconds), times.toSorted((a, b) => a - b));
  assert.deepEqual(report?.leftOut, []);
  return report?.chosen.constants.LANES;
}

Deno.test("a candidate replaces the shipped one only if it is faster by the margin", async () => {
  assert.equal(defaultTuning(gpu.adapterClass).attention_projected.constants.LANES, 8);
  assert.equal(await chosenLanes(1, 0.96, 2), 16);
  assert.equal(await chosenLanes(1, 0.98, 2), 8);
  assert.equal(await chosenLanes(1, 1, 1), 8);
  assert.equal(await chosenLanes(3, 2, 1), 32);
});

Deno.test("a candidate that is faster in some rounds only replaces nothing", async () => {
  let asked = 0;
  const lucky = clock(({ constants }) => constants.LANES === 16 && asked++ % 2 === 0 ? 0.5 : 1);
  const [report] = await tune(gpu, { slots: ["attention_projected"], sizes: SIZES, clock: lucky });
  assert.deepEqual(report!.timed.map(({ milliseconds }) => milliseconds), [0.5, 1, 1]);
  assert.equal(report!.chosen.constants.LANES, 8);
});

Deno.test("times of a slot's problems add up, and give the rate and the share of the best", async () => {
  const given = clock(({ kernel }) => kernel === attentionProbabilities ? 2 : 1);
  const [report] = await tune(gpu, { slots: ["attention_absorbed"], sizes: SIZES, clock: given });
  const slowest = report!.timed.at(-1)!;
  assert.equal(slowest.variant.kernel.name, "attention_probabilities");
  assert.equal(slowest.milliseconds, 4); // of the problems with one row and with eight
  assert.equal(slowest.share, 0.5);
  const operations = 4 * SIZES.hidden * SIZES.heads * SIZES.tokens * SIZES.sequences * (1 + 8);
  assert.equal(slowest.gflops, operations / 4 / 1e6);
});

Deno.test("candidates take turns for ten rounds, hopeless ones for four", async () => {
  const given = clock(({ constants }) => constants.LANES === 32 ? 2.1 : 1.9);
  await tune(gpu, { slots: ["attention_projected"], sizes: SIZES, clock: given });
  const asked = [...given.asked].map(([{ constants }, count]) => [constants.LANES, count]);
  assert.deepEqual(asked, [[8, 11], [16, 11], [32, 11]]); // and once to see how many runs make a sample
  const hopeless = clock(({ constants }) => constants.LANES === 32 ? 2.1 : 1);
  await tune(gpu, { slots: ["attention_projected"], sizes: SIZES, clock: hopeless });
  assert.deepEqual([...hopeless.asked.values()], [11, 11, 5]);
});

Deno.test("every candidate of every slot gives right results here; those for training are tuned if named", async () => {
  const tuned: Slot[] = [];
  for (const slots of [undefined, TRAINING_SLOTS]) {
    const seen: [Slot, number][] = [];
    const reports = await tune(gpu, {
      ...(slots && { slots }),
      sizes: SIZES,
      clock: clock(() => 1),
      onProgress: ({ slot, share }) => seen.push([slot, share]),
    });
    for (const { slot, timed, leftOut } of reports) {
      assert.deepEqual(leftOut, []);
      assert.equal(timed.length, candidates(slot).length);
    }
    assert.deepEqual([...new Set(seen.map(([slot]) => slot))], [...slots ?? INFERENCE_SLOTS]);
    assert.ok(seen.every(([, share], i) => share >= (seen[i - 1]?.[1] ?? 0) && share < 1));
    tuned.push(...reports.map(({ slot }) => slot));
  }
  assert.deepEqual(tuned.toSorted(), SLOTS.toSorted());
});

Deno.test("what does not fit the least device is left out there with the reason, and it is timed by the wall", async () => {
  const least = await requestGpu({ device: await ownDevice() });
  const live = least.buffers.liveBytes;
  const [report] = await tune(least, { slots: ["matmul_nn_many"], sizes: { ...SIZES, rows: 8, forward: 64 } });
  assert.deepEqual(report!.leftOut.map(({ variant, reason }) => [variant.constants.TILE_K, reason]), [
    [
      16,
      "Cannot run kernel matmul_tiled on this device: bytes of workgroup memory must be at most 16384, got 32768",
    ],
  ]);
  assert.ok(report!.timed.every(({ milliseconds }) => milliseconds >= 0 && milliseconds < 1000));
  assert.equal(least.buffers.liveBytes, live);
  least.device.destroy();
});

Deno.test("a signal ends the tuning with its reason; no buffer stays", async () => {
  const live = gpu.buffers.liveBytes;
  const controller = new AbortController();
  const reason = new Error("enough");
  const given = clock(() => {
    controller.abort(reason);
    return 1;
  });
  const tuning = tune(gpu, { slots: ["matmul_nn_few"], sizes: SIZES, clock: given, signal: controller.signal });
  await assert.rejects(tuning, (error) => error === reason);
  assert.equal(gpu.buffers.liveBytes, live);
});

/** A kernel whose shader has some text replaced. */
function broken<F extends string, B extends string>(kernel: Kernel<F, B>, from: string, to: string): Variant {
  assert.ok(kernel.source.includes(from));
  const source = kernel.source.replaceAll(from, to);
  const request: Kernel["request"] = (constants) => {
    const request = kernel.request(constants);
    return { ...request, source, key: `broken ${request.key}` };
  };
  return variantOf({ ...kernel, source, request } as unknown as Kernel);
}

/** What the check of a candidate finds. */
async function check(work: Work, variant: Variant): Promise<string | null> {
  const candidate = await work.prepare(gpu, variant);
  try {
    return await candidate.check();
  } finally {
    candidate.dispose();
  }
}

Deno.test("results that are wrong by little are found", async () => {
  const product = matmulWork({ m: 9, n: 13, k: 40 }, { transposeA: false, transposeB: false });
  assert.equal(await check(product, variantOf(matmul) as unknown as Variant), null);
  const transposed = variantOf(matmul, { TRANSPOSE_B: 1 }) as unknown as Variant;
  assert.match(await check(product, transposed) ?? "", /^output \d+ must be [-\d.e]+ within [-\d.e]+, got [-\d.e]+$/);
  for (const slot of ["attention_full", "attention_absorbed"] as const) {
    const work = attentionWork({ slot, sequences: [[9, 9], [3, 3]], heads: 2, headSize: 16 });
    for (const kernel of [attention, attentionProbabilities]) {
      assert.equal(await check(work, variantOf(kernel as unknown as Kernel)), null);
      const wrong = broken(kernel as unknown as Kernel, "params.scale", "(params.scale * 1.001)");
      assert.match(await check(work, wrong) ?? "", /^output /);
    }
  }
});

Deno.test("the sampled outputs of a product are those of its twin", () => {
  for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]] as const) {
    const [m, n, k, batch] = [3, 5, 7, 2];
    const next = random(1);
    const a = matrices(transposeA ? { rows: k, columns: m, batch } : { rows: m, columns: k, batch }, next);
    const b = matrices(transposeB ? { rows: n, columns: k, batch } : { rows: k, columns: n, batch }, next);
    const bias = matrices({ rows: 1, columns: n, batch }, next);
    const [wide, narrow] = [8, 4]; // pitches of 5 and 7, and of 3
    const params = {
      m,
      n,
      k,
      batch,
      a_offset: 0,
      a_stride: batch * (transposeA ? narrow : wide),
      a_batch: transposeA ? narrow : wide,
      b_offset: 0,
      b_stride: batch * wide,
      b_batch: wide,
      out_offset: 0,
      out_stride: batch * wide,
      out_batch: wide,
      bias_offset: 0,
      bias_batch: wide,
      bias: 1,
      activation: 0,
      residual: 0,
    };
    const call = { params, transposeA, transposeB, a, b, bias };
    for (let i = 0; i < batch * m * n; i++) {
      const [matrix, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
      const twin = matmulAt({ ...call, bias_scale: [], residual: [] }, matrix, row, column);
      const { at, value, bound } = matmulSample(call, i);
      assert.equal(at, row * params.out_stride + matrix * wide + column);
      assert.ok(Math.abs(value - twin.value) < 1e-12 && bound > 0 && bound < 1e-5, `${i}: ${value}, ${twin.value}`);
    }
  }
});

Deno.test("the sampled outputs of attention are those of its twin", () => {
  const sequences = [[3, 5], [2, 7]] as const;
  const [heads, headSize] = [2, 8];
  const next = random(2);
  const tensor = (rows: number, head: number) => {
    const columns = head === 0 ? headSize : heads * headSize;
    return { data: matrices({ rows, columns }, next), offset: 0, stride: columns, head };
  };
  const inputs = { q: tensor(5, headSize), k: tensor(12, headSize), v: tensor(12, 0), scale: 0.3 };
  const read = ({ data, stride, head }: typeof inputs.q) => (i: number, a: number, d: number) =>
    data[i * stride + a * head + d] as number;
  const twin = attentionTwin({
    sequences: [
      { rowStart: 0, rowCount: 3, keyStart: 0, keyCount: 5 },
      { rowStart: 3, rowCount: 2, keyStart: 5, keyCount: 7 },
    ],
    rows: 5,
    heads,
    headSize,
    q: read(inputs.q),
    k: read(inputs.k),
    v: read(inputs.v),
    scale: 0.3,
    headScale: [1, 1],
    relative: null,
  } as AttentionInputs);
  const samples = attentionSamples({ slot: "attention_projected", sequences, heads, headSize }, inputs);
  assert.deepEqual(samples.map(({ at }) => at), Array.from({ length: 5 * heads * headSize }, (_, i) => i));
  for (const { at, value, bound } of samples) {
    assert.ok(Math.abs(value - (twin[at] as number)) < 1e-12 && bound < 1e-4, `${at}: ${value}, ${twin[at]}`);
  }
});

Deno.test("an output that is NaN, or is not there, is wrong", () => {
  const samples = [{ at: 1, value: 2, bound: 0.5 }];
  assert.equal(firstWrong(Float32Array.of(NaN, 2.5), samples), null);
  assert.equal(firstWrong(Float32Array.of(0, 3), samples), "output 1 must be 2 within 5.0e-1, got 3");
  assert.match(firstWrong(Float32Array.of(0, NaN), samples) ?? "", /got NaN$/);
  assert.match(firstWrong(Float32Array.of(0), samples) ?? "", /got undefined$/);
});

Deno.test("both clocks see that a larger product takes longer", async () => {
  const live = gpu.buffers.liveBytes;
  const variant = variantOf(matmul) as unknown as Variant;
  const product = (m: number) => matmulWork({ m, n: 256, k: 256 }, { transposeA: false, transposeB: false });
  const [small, large] = await Promise.all([8, 512].map((m) => product(m).prepare(gpu, variant)));
  for (const clock of [clockOf(gpu), wallClock(gpu)]) {
    const least = async (one: typeof small) => {
      const times: number[] = [];
      for (let i = 0; i < 3; i++) times.push(await clock.time(one!, 4) / 4);
      return Math.min(...times);
    };
    const [short, long] = [await least(small), await least(large)];
    assert.ok(long > 4 * short, `${clock.by}: ${short} ms and ${long} ms`);
    clock.dispose();
  }
  small!.dispose();
  large!.dispose();
  assert.equal(gpu.buffers.liveBytes, live);
});

Deno.test("sizes are smaller on an adapter that is a CPU", () => {
  assert.ok(modelSizes({ adapterClass: "software" }).hidden < modelSizes({ adapterClass: "other" }).hidden);
});

Deno.test("importing mod.ts does not import the tuner", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../mod.ts", import.meta.url).href],
  }).output();
  const modules: { specifier: string }[] = JSON.parse(new TextDecoder().decode(stdout)).modules;
  assert.ok(modules.some(({ specifier }) => specifier.endsWith("/src/kernels/tuning/remembered.ts")));
  assert.deepEqual(modules.filter(({ specifier }) => specifier.includes("/src/kernels/tuner")), []);
});
