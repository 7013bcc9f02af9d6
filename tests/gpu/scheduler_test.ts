/** The order in which a scheduler asks things of a GPU. */

import assert from "node:assert/strict";
import { fakeScheduler } from "./fake_jobs.ts";

/** What was told without the encoding. */
function without(what: string, told: readonly string[]): string[] {
  return told.filter((line) => !line.startsWith(what));
}

Deno.test("calls of one turn go out in one submit, and are read together", async () => {
  const { scheduler, told, job } = fakeScheduler();
  const late = Promise.resolve().then(() => scheduler.run(job("c", [1])));
  const results = await Promise.all([scheduler.run(job("a", [1, 1])), scheduler.run(job("b", [1])), late]);
  assert.deepEqual(results, ["a", "b", "c"]);
  const encoded = ["encode a0-2", "encode b0-1", "encode c0-1"];
  const done = ["map a", "map b", "map c", "release a", "release b", "release c"];
  assert.deepEqual(told, [...encoded, "submit a0-2 b0-1 c0-1", ...done]);
});

Deno.test("a large job is submitted in several parts with one read at its end, and the next waits its turn", async () => {
  const { scheduler, told, job } = fakeScheduler();
  await Promise.all([scheduler.run(job("a", [6, 6, 6])), scheduler.run(job("b", [6]))]);
  const order = ["submit a0-1", "submit a1-2", "submit a2-3", "map a", "submit b0-1", "map b"];
  assert.deepEqual(without("release", without("encode", told)), order);
});

Deno.test("the next submission is encoded before the last is waited for, and submitted before it is told of", async () => {
  const { scheduler, told, job } = fakeScheduler();
  await Promise.all([scheduler.run(job("a", [10])), scheduler.run(job("b", [10]))]);
  const first = ["encode a0-1", "submit a0-1", "encode b0-1", "map a", "submit b0-1", "map b"];
  assert.deepEqual(told, [...first, "release a", "release b"]);
});

Deno.test("a call while another is under way goes out after it", async () => {
  const { scheduler, told, job } = fakeScheduler();
  const first = scheduler.run(job("a", [10]));
  const second = new Promise((resolve) => setTimeout(resolve, 3)).then(() => scheduler.run(job("b", [1])));
  assert.deepEqual(await Promise.all([first, second]), ["a", "b"]);
  assert.deepEqual(told.filter((line) => line.startsWith("submit")), ["submit a0-1", "submit b0-1"]);
});

Deno.test("where every buffer is filled with NaN before use, each job has a submission of its own", async () => {
  const { scheduler, told, job } = fakeScheduler({ buffers: { poisoned: true } });
  await Promise.all([scheduler.run(job("a", [1])), scheduler.run(job("b", [1]))]);
  assert.deepEqual(told.filter((line) => line.startsWith("submit")), ["submit a0-1", "submit b0-1"]);
});

Deno.test("a job that cannot be encoded fails alone, and its steps to come are left out", async () => {
  const { scheduler, told, job } = fakeScheduler();
  const encode = (first: number) => {
    if (first > 0) throw new TypeError("no such grid");
    return { label: "b0" } as GPUCommandBuffer;
  };
  const results = await Promise.allSettled([
    scheduler.run(job("a", [1])),
    scheduler.run(job("b", [1, 9, 9], { encode })),
    scheduler.run(job("c", [1])),
  ]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.match(String((results[1] as PromiseRejectedResult).reason), /no such grid/);
  assert.deepEqual(told.filter((line) => line.startsWith("submit")), ["submit a0-1 b0", "submit c0-1"]);
  assert.equal(told.filter((line) => line === "release b").length, 1);
  assert.equal(await scheduler.run(job("d", [1])), "d");
});

Deno.test("a job that fails while all others do too leaves the scheduler usable", async () => {
  const { scheduler, job } = fakeScheduler();
  const encode = () => {
    throw new TypeError("never");
  };
  const results = await Promise.allSettled(["a", "b"].map((label) => scheduler.run(job(label, [20], { encode }))));
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(await scheduler.run(job("c", [1])), "c");
});

Deno.test("a result that cannot be taken fails alone", async () => {
  const { scheduler, job } = fakeScheduler();
  const take = () => {
    throw new RangeError("not a number");
  };
  const [a, b] = await Promise.allSettled([scheduler.run(job("a", [1], { take })), scheduler.run(job("b", [1]))]);
  assert.match(String((a as PromiseRejectedResult).reason), /not a number/);
  assert.equal(b.status, "fulfilled");
});

Deno.test("a job aborted before it began never runs, and gives its staging buffer back at once", async () => {
  const { scheduler, told, job } = fakeScheduler();
  await assert.rejects(scheduler.run(job("a", [1], { signal: AbortSignal.abort(new Error("too late")) })), /too late/);
  assert.deepEqual(told, ["release a"]);
  const controller = new AbortController();
  const waiting = scheduler.run(job("b", [1], { signal: controller.signal }));
  controller.abort(new Error("in the queue"));
  await assert.rejects(waiting, /in the queue/);
  assert.equal(await scheduler.run(job("c", [1])), "c");
  assert.deepEqual(without("encode", told).slice(1), ["release b", "submit c0-1", "map c", "release c"]);
});

Deno.test("a job aborted between its parts goes no further, and the next takes its place", async () => {
  const { scheduler, told, job } = fakeScheduler();
  const controller = new AbortController();
  const encode = (first: number) => {
    if (first === 1) controller.abort(new Error("enough"));
    return { label: `a${first}` } as GPUCommandBuffer;
  };
  const aborted = scheduler.run(job("a", [10, 10, 10, 10], { encode, signal: controller.signal }));
  const next = scheduler.run(job("b", [1]));
  await assert.rejects(aborted, /enough/);
  assert.equal(await next, "b");
  const submits = told.filter((line) => line.startsWith("submit"));
  assert.deepEqual(submits, ["submit a0", "submit b0-1"]);
});

Deno.test("a job whose last steps run all or not at all goes to its end if it is aborted in one of them", async () => {
  for (let at = 0; at < 5; at++) {
    const { scheduler, told, job } = fakeScheduler();
    const controller = new AbortController();
    const encode = (first: number) => {
      if (first === at) controller.abort(new Error("enough"));
      return { label: `a${first}` } as GPUCommandBuffer;
    };
    const own = { encode, signal: controller.signal, commits: 2 };
    const run = scheduler.run(job("a", [10, 10, 10, 10, 10], own));
    const next = scheduler.run(job("b", [1]));
    if (at < 2) await assert.rejects(run, /enough/);
    else assert.equal(await run, "a");
    assert.equal(await next, "b");
    const steps = told.filter((line) => line.startsWith("submit a")).length;
    assert.equal(steps, at < 2 ? at : 5, `aborted in step ${at}`);
  }
});

Deno.test("a job that fails can abort those that came after it, those too that were to share its submission", async () => {
  const encode = (): GPUCommandBuffer => {
    throw new Error("encode");
  };
  const signal = AbortSignal.abort(new Error("abort"));
  for (const [what, own] of [["encode", { encode }], ["abort", { signal }]] as const) {
    const { scheduler, told, job } = fakeScheduler();
    const controller = new AbortController();
    const failing = scheduler.run(job("a", [1], { ...own, onFailed: (reason) => controller.abort(reason) }));
    const later = { signal: controller.signal, commits: 0 };
    const runs = [failing, scheduler.run(job("b", [1, 1], later)), scheduler.run(job("c", [1]))];
    const ends = await Promise.allSettled(runs);
    assert.deepEqual(ends.map((end) => end.status === "fulfilled" ? end.value : end.reason.message), [what, what, "c"]);
    assert.deepEqual(told.filter((line) => line.startsWith("submit")), ["submit c0-1"]);
  }
});

Deno.test("when a submission fails, no job goes on that its jobs abort", async () => {
  const told: string[] = [];
  const submit = (commands: Iterable<GPUCommandBuffer>) => {
    told.push([...commands].map(({ label }) => label).join(" "));
    if (told.length === 2) throw new Error("lost");
    return undefined;
  };
  const { scheduler, job } = fakeScheduler({
    device: { queue: { submit, onSubmittedWorkDone: () => Promise.resolve(undefined) } },
  });
  const controller = new AbortController();
  const failing = scheduler.run(job("a", [10, 10, 10], { onFailed: (reason) => controller.abort(reason) }));
  const runs = [failing, scheduler.run(job("b", [1], { signal: controller.signal })), scheduler.run(job("c", [1]))];
  const ends = await Promise.allSettled(runs);
  assert.deepEqual(ends.map((end) => end.status === "fulfilled" ? end.value : end.reason.message), [
    "lost",
    "lost",
    "c",
  ]);
  assert.deepEqual(told, ["a0-1", "a1-2", "c0-1"]);
});

Deno.test("a job aborted while it is read is told at once, and its staging buffer is never lent again", async () => {
  const controller = new AbortController();
  const { scheduler, told, job } = fakeScheduler();
  const aborted = scheduler.run(job("a", [1], { signal: controller.signal })).catch((error) => {
    told.push("told a");
    throw error;
  });
  const next = scheduler.run(job("b", [1]));
  setTimeout(() => controller.abort(new Error("too slow")), 5); // a and b are being read
  await assert.rejects(aborted, /too slow/);
  await next;
  const ends = ["submit a0-1 b0-1", "map a", "map b", "destroy a", "told a", "release b"];
  assert.deepEqual(without("encode", told), ends);
});

Deno.test("when the device is lost, all who wait are told, and who comes later by the check", async () => {
  const lost = new Error("the device was lost");
  let isLost = false;
  const { scheduler, job } = fakeScheduler({
    staging: { readInto: () => new Promise(() => {}), release() {}, destroy() {} }, // a lost device may never answer
    check() {
      if (isLost) throw lost;
    },
  });
  const calls = [[1], [10], [4, 10, 10]].map((costs, i) => scheduler.run(job("abc"[i]!, costs)));
  setTimeout(() => {
    isLost = true;
    assert(scheduler.fail(lost, { all: true }));
  }, 5);
  for (const call of calls) await assert.rejects(call, lost);
  await assert.rejects(scheduler.run(job("d", [1])), lost);
});

Deno.test("an error of the device in the checked mode is told to the job whose encoding it was, or to all submitted", async () => {
  const guarded = async (label: string, submit: () => void) => {
    submit();
    await Promise.resolve();
    if (label.includes("b")) throw new Error(`Cannot run ${label}`);
  };
  const { scheduler, job } = fakeScheduler({ guarded });
  const results = await Promise.allSettled(["a", "c"].map((label) => scheduler.run(job(label, [1]))));
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled"]);
  const [a, b] = await Promise.allSettled(["a", "b"].map((label) => scheduler.run(job(label, [1]))));
  assert.match(String((b as PromiseRejectedResult).reason), /Cannot run b/);
  assert.match(String((a as PromiseRejectedResult).reason), /Cannot run a and b/);
});

Deno.test("an error of the device is told to all jobs that were begun, and to no others", async () => {
  const { scheduler, told, job } = fakeScheduler();
  assert.equal(scheduler.fail(new Error("of something else"), { all: false }), false);
  const encode = (first: number, end: number) => { // Deno tells an error of the submission after this turn
    if (first === 0) queueMicrotask(() => assert(scheduler.fail(new Error("a buffer was destroyed"), { all: false })));
    return { label: `b${first}-${end}` } as GPUCommandBuffer;
  };
  const calls = [job("a", [1]), job("b", [4, 8], { encode }), job("c", [9])].map((own) => scheduler.run(own));
  const results = await Promise.allSettled(calls);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
  assert.deepEqual(told.filter((line) => line.startsWith("submit")), ["submit a0-1 b0-1", "submit c0-1"]);
  assert.equal(scheduler.fail(new Error("later"), { all: true }), false);
});

for (const steps of [0, 1, 2, 5]) {
  Deno.test(`an abort ${steps} steps of promises after a result was taken harms no other job`, async () => {
    const { scheduler, told, job } = fakeScheduler();
    const controller = new AbortController();
    const take = () => {
      const abort = async () => {
        for (let i = 0; i < steps; i++) await null;
        controller.abort(new Error("late"));
      };
      abort();
      return "a";
    };
    const [a] = await Promise.allSettled([scheduler.run(job("a", [1], { take, signal: controller.signal }))]);
    assert.equal(a.status, steps === 0 ? "rejected" : "fulfilled");
    assert.equal(told.filter((line) => line.endsWith("release a")).length, steps === 0 ? 0 : 1);
    assert.equal(told.includes("destroy a"), steps === 0);
    assert.equal(await scheduler.run(job("b", [1])), "b");
  });
}
