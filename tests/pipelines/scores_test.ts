import assert from "node:assert/strict";
import { bestFirst, scores } from "../../src/pipelines/tasks/scores.ts";

Deno.test("softmax sums to 1, keeps the order and survives large logits", () => {
  const [low, high] = scores([0, Math.log(3)], "softmax") as [number, number];
  assert(Math.abs(low - 0.25) < 1e-15 && Math.abs(high - 0.75) < 1e-15);
  assert.deepEqual(scores([1e4, -1e4], "softmax"), [1, 0]);
  assert.deepEqual(scores([5, 5], "softmax"), [0.5, 0.5]);
});

Deno.test("sigmoid scores each logit alone, none leaves it", () => {
  assert.deepEqual(scores([0, 800, -800], "sigmoid"), [0.5, 1, 0]);
  assert.deepEqual(scores([-2, 3], "none"), [-2, 3]);
});

Deno.test("the order is that of the logits, also where scores are the same, and of equal ones the given one", () => {
  const logits = new Float32Array([40, 50, 45, -1, 50]);
  assert.deepEqual(bestFirst(logits), [1, 4, 2, 0, 3]);
  assert.equal(new Set(scores(logits.subarray(0, 3), "sigmoid")).size, 1);
});
