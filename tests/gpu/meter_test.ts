import assert from "node:assert/strict";
import { learn, Meter, predict } from "../../src/gpu/scheduler/meter.ts";

const MILLION = 1e6;

Deno.test("a meter predicts by its rate, and starts from another one's", () => {
  const all = new Meter(2);
  assert.equal(all.predict(3 * MILLION), 6);
  const own = new Meter(all);
  assert.equal(own.rate, 2);
  assert.equal(predict([{ meter: all, cost: MILLION }, { meter: own, cost: 2 * MILLION }]), 6);
});

Deno.test("a meter comes to the rate that it sees, from above and from below, and its general one follows", () => {
  for (const rate of [0.2, 1, 7]) {
    const all = new Meter(1);
    const meter = new Meter(all);
    for (let i = 0; i < 60; i++) learn([{ meter, cost: 10 * MILLION }], 10 * rate);
    assert.ok(Math.abs(meter.rate - rate) < 0.01 * rate, `${meter.rate} for ${rate}`);
    assert.ok(Math.abs(all.rate - rate) < 0.1 * rate, `${all.rate} for ${rate}`);
  }
});

Deno.test("one observation changes little: a shader may have been compiled", () => {
  const meter = new Meter(1);
  learn([{ meter, cost: MILLION }], 500);
  assert.ok(meter.rate > 1 && meter.rate <= 1.2, `${meter.rate}`);
  learn([{ meter, cost: MILLION }], 0);
  assert.ok(meter.rate > 0.7, `${meter.rate}`);
});

Deno.test("the rates of two kinds come apart when they are seen in different mixtures", () => {
  const [fast, slow] = [new Meter(1), new Meter(1)];
  const mixtures = [[9, 1], [2, 8], [5, 5]] as const;
  for (let i = 0; i < 300; i++) {
    const [a, b] = mixtures[i % 3]!;
    learn([{ meter: fast, cost: a * MILLION }, { meter: slow, cost: b * MILLION }], a * 0.5 + b * 2);
  }
  assert.ok(Math.abs(fast.rate - 0.5) < 0.05 && Math.abs(slow.rate - 2) < 0.1, `${fast.rate} and ${slow.rate}`);
});

Deno.test("nothing is learned from nothing", () => {
  const meter = new Meter(1);
  learn([], 100);
  learn([{ meter, cost: 0 }], 100);
  assert.equal(meter.rate, 1);
});
