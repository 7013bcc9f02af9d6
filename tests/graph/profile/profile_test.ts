/** Profiles of real calls: everything is accounted for, answers and programs stay as they were. */

import assert from "node:assert/strict";
import * as narrowbert from "../../../mod.ts";
import { AdamW, NarrowBertForMaskedLM, NarrowBertModel, pipeline, Profiler, startProfile } from "../../../mod.ts";
import { requestGpu } from "../../../src/gpu/device.ts";
import { goldenModel } from "../../golden/golden_case.ts";
import { ownDevice } from "../../gpu/own_device.ts";
import { readTrace, timesOf } from "./trace_file.ts";

const INPUTS = { input_ids: [[1, 2, 3, 4, 5, 6, 7, 8], [9, 8, 7, 6, 5, 4, 3, 2]] };
const SHIPPED = new URL("../../../examples/models/wordnet/", import.meta.url).pathname;
const TEXTS = ["a large animal", "to go by air", "the Greek goddess of fate 🦉", "very ".repeat(200)];

const sum = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((total, one) => total + of(one), 0);

Deno.test("every kernel of a pipeline's call is counted once, by shape and by part, and answers stay the same", async () => {
  using fill = await pipeline("fill-mask", `${SHIPPED}mlm`);
  const texts = TEXTS.map((text) => `[MASK] ${text}`);
  const plain = await fill(texts, { truncation: true });
  using profiling = startProfile();
  const profiled = await fill(texts, { truncation: true });
  const profile = await profiling.stop();
  assert.deepEqual(profiled, plain);

  const { kernels, parts, totals } = profile;
  assert.ok(totals.calls > 30 && totals.kernels > 0, "there are kernels");
  assert.equal(sum(kernels, ({ calls }) => calls), totals.calls);
  assert.equal(sum(parts, ({ calls }) => calls), totals.calls);
  for (const by of [kernels, parts]) {
    assert.ok(Math.abs(sum<{ milliseconds: number }>(by, ({ milliseconds }) => milliseconds) - totals.kernels) < 1e-6);
  }
  assert.ok(kernels.every((one, i) => i === 0 || kernels[i - 1]!.milliseconds >= one.milliseconds), "longest first");
  assert.deepEqual(parts.map(({ part }) => part), ["embeddings", "full layers", "narrow layers", "head"]);
  assert.ok(totals.computing <= totals.wall && totals.kernels + totals.between <= totals.computing);
  assert.equal(totals.rows, texts.length, "a mask in each text");
  assert.ok(totals.tokens > 100 && totals.tokenizing > 0 && totals.submissions > 0 && totals.jobs > 0);
  assert.deepEqual(profile.notes, []);

  const trace = readTrace(profile.trace());
  const gpu = trace.lane("GPU");
  const submissions = gpu.filter(({ name }) => name.startsWith("submission "));
  const runs = gpu.filter(({ name }) => !name.startsWith("submission "));
  assert.equal(runs.length, totals.calls);
  assert.equal(sum(submissions, ({ args }) => args.kernels as number), totals.calls);
  for (const submission of submissions) {
    const [start, end] = timesOf(submission);
    const own = runs.filter((run) => timesOf(run)[0] >= start && timesOf(run)[1] <= end);
    assert.equal(own.length, submission.args.kernels, "a submission's kernels are within it");
    const { submitted_ms, done_ms } = submission.args as Record<string, number>;
    assert.ok(
      start >= 1e6 * submitted_ms! - 1 && end <= 1e6 * done_ms! + 1,
      "it runs after it was submitted, until done",
    );
  }
  const { args } = runs.find(({ args }) => /narrow\.layer\.0\.intermediate\.dense/.test(`${args.label}`))!;
  assert.deepEqual([args.part, args.m, args.n, args.k], ["narrow layers", texts.length, 512, 128]);
  assert.equal(args.flop, 2 * texts.length * 512 * 128);
  const [embedding] = runs.filter(({ args }) => args.label === "narrow_bert.embeddings");
  assert.ok((embedding!.args.bytes as number) < 4 * totals.tokens * 128 * 4, "a gather does not move the whole table");
  assert.deepEqual(trace.lane("jobs").map(({ args }) => args.tokens).filter(Boolean).length, totals.jobs);
});

Deno.test("the table has the sums, and says which part is what", async () => {
  using classify = await pipeline("text-classification");
  using profiling = startProfile();
  await classify(["a large animal", "to go by air"]);
  const profile = await profiling.stop({ peak: true });
  assert.ok(profile.peak!.gflops > 0 && profile.peak!.gigabytes > 0);
  const lines = profile.table({ top: 3 }).split("\n");
  assert.match(lines[0]!, /; at most [\d.]+ GFLOP\/s and [\d.]+ GB\/s$/);
  const [total] = lines.filter((line) => /^all +\d+ +[\d.]+ +100\.0% /.test(line));
  assert.match(total!, new RegExp(`^all +${profile.totals.calls} +${profile.totals.kernels.toFixed(2)} `));
  assert.ok(lines.some((line) => line.startsWith(`${profile.kernels.length - 3} more `)));
  for (const part of ["embeddings", "full layers", "narrow layers", "head", "tokens", "GPU idle"]) {
    assert.ok(lines.some((line) => line.trim().startsWith(part)), part);
  }
  assert.deepEqual(JSON.parse(JSON.stringify(profile)).totals, profile.totals);
});

Deno.test("a profiler of more calls than any set of timestamps has room for loses no kernel", async () => {
  const { device } = await requestGpu();
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  using profiler = new Profiler(device);
  using profiling = startProfile();
  await model.forward(INPUTS, { profiler });
  const once = (await profiler.collect()).map(({ label }) => label);
  const calls = Math.ceil(2500 / once.length);
  for (let i = 0; i < calls; i++) await model.forward(INPUTS, { profiler });
  const labels = (await profiler.collect()).map(({ label }) => label);
  assert.ok(labels.length > 2048);
  assert.deepEqual(labels, Array.from({ length: calls }, () => once).flat());
  const { totals } = await profiling.stop();
  assert.equal(totals.calls, (calls + 1) * once.length, "a profile counts what another profiler times too");
});

Deno.test("a training's profile has gradients and updates apart", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(`${SHIPPED}mlm`);
  using optimizer = new AdamW(model, { lr: 1e-4 });
  const input_ids = [[2, 40, 4, 41, 3]];
  const labels = [[-100, -100, 50, -100, -100]];
  using profiling = startProfile();
  await optimizer.step({ input_ids, labels });
  const { parts } = await profiling.stop();
  const names = parts.map(({ part }) => part);
  for (const part of ["embeddings", "full layers", "narrow layers", "head"]) {
    assert.ok(names.includes(part) && names.includes(`${part}, gradients`), part);
  }
  assert.ok(names.includes("loss and update"));
  assert.equal(names.includes("other"), false);
});

Deno.test("while no profile is under way nothing is timed, made or submitted more", async () => {
  const gpu = await requestGpu();
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const plain = await model.forward(INPUTS);
  const counted = { passes: 0, sets: 0, buffers: 0, submits: 0 };
  using _watched = counting(counted);
  const call = async () => {
    Object.assign(counted, { passes: 0, sets: 0, buffers: 0, submits: 0 });
    const before = gpu.counts;
    const { pooler_output } = await model.forward(INPUTS);
    assert.deepEqual(pooler_output!.data, plain.pooler_output!.data);
    assert.deepEqual(gpu.counts, before, "a warm call makes nothing");
    return { ...counted };
  };
  const before = await call();
  assert.deepEqual([before.sets, before.buffers], [0, 0]);
  using profiling = startProfile();
  const during = await call();
  assert.deepEqual([during.sets, during.submits], [1, before.submits], "as many submissions");
  assert.ok(during.passes > before.passes);
  await profiling.stop();
  assert.deepEqual(await call(), before);
});

/** Counts what all devices are asked for, until it is disposed of. */
function counting(counted: Record<"passes" | "sets" | "buffers" | "submits", number>): Disposable {
  const methods = [
    [GPUCommandEncoder.prototype, "beginComputePass", "passes"],
    [GPUDevice.prototype, "createQuerySet", "sets"],
    [GPUDevice.prototype, "createBuffer", "buffers"],
    [GPUQueue.prototype, "submit", "submits"],
  ] as const;
  const restores = methods.map(([prototype, name, count]) => {
    const target = prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
    const method = target[name]!;
    target[name] = function (...args) {
      counted[count]++;
      return method.apply(this, args);
    };
    return () => target[name] = method;
  });
  return { [Symbol.dispose]: () => restores.forEach((restore) => restore()) };
}

Deno.test("a device without timestamps is profiled without its kernels, and that is said", async () => {
  const device = await ownDevice();
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { device });
  using profiling = startProfile();
  await model.forward(INPUTS);
  const profile = await profiling.stop({ peak: true });
  const note = "Kernels have no times: the adapter, or the device of the caller, lacks the feature timestamp-query";
  assert.deepEqual([profile.kernels, profile.parts, profile.notes, profile.peak], [[], [], [note], null]);
  assert.equal(profile.adapters.length, 1);
  assert.ok(profile.totals.tokens === 16 && profile.totals.computing > 0 && profile.totals.submissions === 1);
  assert.ok(profile.table().includes(note));
  const trace = readTrace(profile.trace());
  assert.deepEqual([trace.notes, trace.lane("GPU")], [[note], []]);
  assert.ok(trace.lane("scheduler").some(({ name }) => name === "submit"));
  assert.ok(profile.trace().includes(`"name":"${note}","ph":"i"`));
  device.destroy();
});

Deno.test("a trace holds so many events, says what is left out, and the sums have all", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const profiled = async (maxEvents?: number) => {
    using profiling = startProfile(maxEvents === undefined ? {} : { maxEvents });
    await model.forward(INPUTS);
    return await profiling.stop();
  };
  await profiled();
  const all = readTrace((await profiled()).trace()).events.length;
  const cut = await profiled(10);
  const trace = readTrace(cut.trace());
  assert.equal(trace.events.length, 10);
  assert.match(
    cut.traceNotes[0]!,
    new RegExp(`^The trace has the first 10 events, up to [\\d.]+ s: ${all - 10} more are left out$`),
  );
  assert.equal(cut.totals.calls, (await profiled()).totals.calls);
  const none = await profiled(0);
  assert.deepEqual([readTrace(none.trace()).events, none.traceNotes], [[], []]);
});

Deno.test("one profile is under way at a time; it stops once, or with its block", async () => {
  for (const maxEvents of [-1, 1.5, NaN]) {
    assert.throws(() => startProfile({ maxEvents }), /maxEvents must be a whole number from 0, got/);
  }
  {
    using _profiling = startProfile();
    assert.throws(() => startProfile(), /Cannot start a profile: one is under way/);
  }
  assert.deepEqual(Object.keys(narrowbert).filter((name) => /^Profil/.test(name)), ["Profiler"], "one way to begin");
  const profiling = startProfile();
  const empty = await profiling.stop({ peak: true });
  assert.deepEqual([empty.adapters, empty.kernels, empty.peak], [[], [], null]);
  assert.match(empty.table(), /^nothing was computed on a GPU\n/);
  await assert.rejects(profiling.stop(), /Cannot stop a profile: it was stopped already/);
  profiling[Symbol.dispose]();
});

Deno.test("calls that are aborted leave a profile whole", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const profiled = async (work: () => Promise<unknown>) => {
    using profiling = startProfile();
    await work();
    return await profiling.stop();
  };
  const { totals: { calls: each } } = await profiled(() => model.forward(INPUTS));
  const controller = new AbortController();
  let done = 0;
  const { totals, notes } = await profiled(async () => {
    const calls = Array.from({ length: 6 }, (_, i) => {
      return model.forward(INPUTS, i % 2 === 0 ? {} : { signal: controller.signal });
    });
    await Promise.resolve();
    controller.abort(new Error("enough"));
    done = (await Promise.allSettled(calls)).filter(({ status }) => status === "fulfilled").length;
  });
  assert.ok(done >= 3 && totals.calls >= done * each && totals.calls % each === 0, `${totals.calls} of ${done} calls`);
  assert.deepEqual(notes, []);
});

Deno.test("a profile outlives a device that is lost, with what was done on it", async () => {
  const device = await ownDevice({ requiredFeatures: ["timestamp-query"] });
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { device });
  using profiling = startProfile();
  await model.forward(INPUTS);
  const late = Array.from({ length: 3 }, () => model.forward(INPUTS));
  await Promise.resolve();
  device.destroy();
  await Promise.allSettled(late);
  const profile = await profiling.stop({ peak: true });
  assert.equal(profile.peak, null);
  assert.ok(profile.notes.every((note) => /^The times of \d+ kernels are lost, as their device was$/.test(note)));
  readTrace(profile.trace());
});
