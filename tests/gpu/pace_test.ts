/** Sleeping for a GPU, by clocks that are set by hand. Times are those of timers, so bounds are wide. */

import assert from "node:assert/strict";
import { Meter } from "../../src/gpu/scheduler/meter.ts";
import { Pace } from "../../src/gpu/scheduler/pace.ts";

/** A pace whose clock is `work`, which the caller moves. */
function paceOf({ stops, most = 1, rate = 1 }: { stops: boolean; most?: number; rate?: number }) {
  const meter = new Meter(rate);
  const at = { work: 0 };
  const pace = new Pace({ now: () => at.work, most, stops });
  const submit = (milliseconds: number, call = () => {}) =>
    pace.submit([{ meter, cost: milliseconds * 1e6 / meter.rate }], call);
  return { pace, meter, at, submit };
}

/** A call that is held up. */
function holdUp(): void {
  const start = performance.now();
  while (performance.now() - start < 3);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

Deno.test("short work is not slept for", async () => {
  const { pace, submit } = paceOf({ stops: false });
  assert.equal(await pace.sleep(), false);
  submit(2);
  assert.equal(await pace.sleep(), false);
});

Deno.test("long work is slept for, but for its end", async () => {
  const meter = new Meter(1);
  const pace = new Pace({ now: () => performance.now(), most: 1, stops: false });
  pace.submit([{ meter, cost: 60e6 }], () => {});
  assert.ok(await timed(() => pace.sleep()) > 40);
  assert.equal(await pace.sleep(), false, "the time is over");
});

Deno.test("a clock of work is slept for by its own time, and looked at again", async () => {
  const { pace, at, submit } = paceOf({ stops: true, most: 2 });
  submit(400);
  const working = setInterval(() => at.work += 10, 5);
  assert.equal(await pace.sleep(), true);
  clearInterval(working);
  assert.ok(at.work >= 350, `woke after ${at.work}`);
});

Deno.test("the last milliseconds are not slept for, since the GPU may be done before its time", async () => {
  const { pace, at, submit } = paceOf({ stops: true });
  submit(60);
  const working = setInterval(() => at.work += 5, 5);
  assert.equal(await pace.sleep(), true);
  clearInterval(working);
  assert.ok(at.work >= 30 && at.work <= 55, `woke after ${at.work}`);
});

Deno.test("work that stands still is taken for done before its time", async () => {
  const { pace, submit } = paceOf({ stops: true });
  submit(10_000);
  assert.ok(await timed(() => pace.sleep()) < 5000);
});

Deno.test("other threads, which keep the clock of work going, do not prolong the sleep", async () => {
  for (const rate of [0.08, 0.4]) {
    const { pace, at, submit } = paceOf({ stops: true });
    submit(400);
    const start = performance.now();
    const others = setInterval(() => at.work = rate * (performance.now() - start), 2); // the GPU does nothing
    assert.ok(await timed(() => pace.sleep()) < 900);
    clearInterval(others);
  }
});

Deno.test("what took longer than expected is expected to take longer, and the reverse", () => {
  for (const [taken, right] of [[150, (rate: number) => rate > 1], [60, (rate: number) => rate < 1]] as const) {
    const { pace, meter, at, submit } = paceOf({ stops: true });
    submit(100);
    at.work += taken;
    pace.finish(() => {});
    assert.ok(right(meter.rate), `${meter.rate} after ${taken}`);
  }
});

Deno.test("when nobody knows how long the GPU was idle, less is expected", () => {
  const { pace, meter, at, submit } = paceOf({ stops: false });
  submit(100);
  at.work += 130;
  pace.finish(() => {});
  assert.ok(meter.rate < 1 && meter.rate > 0.9, `${meter.rate}`);
});

Deno.test("a submit that is held up shows how long the one before took", () => {
  const { meter, at, submit } = paceOf({ stops: false });
  submit(100);
  submit(50, () => {
    at.work += 140;
    holdUp();
  });
  assert.ok(meter.rate > 1, `${meter.rate}`);
});

Deno.test("if submits are never held up, all is learned at the read", () => {
  const { pace, meter, at, submit } = paceOf({ stops: false });
  for (let i = 0; i < 3; i++) {
    submit(100);
    at.work += 90;
    assert.equal(meter.rate, 1);
  }
  at.work += 130;
  pace.finish(holdUp);
  assert.ok(meter.rate > 1, `${meter.rate}`);
});

Deno.test("nothing is learned from short work; if it was not short, it is learned the next time", () => {
  const { pace, meter, at, submit } = paceOf({ stops: true });
  const turn = (milliseconds: number) => {
    submit(1);
    at.work += milliseconds;
    const start = performance.now();
    pace.finish(() => {
      while (performance.now() - start < milliseconds);
    });
  };
  turn(3);
  assert.equal(meter.rate, 1);
  turn(30);
  turn(30);
  assert.ok(meter.rate > 1);
});

Deno.test("a clock that stops is not read for short work", () => {
  let reads = 0;
  const meter = new Meter(1);
  const pace = new Pace({ now: () => ++reads, most: 2, stops: true });
  for (let i = 0; i < 10; i++) {
    pace.submit([{ meter, cost: 1e6 }], () => {});
    pace.finish(() => {});
  }
  assert.equal(reads, 0);
});
