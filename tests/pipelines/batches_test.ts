import assert from "node:assert/strict";
import { BATCH_TOKENS, PADDED, tokenBatches } from "../../src/pipelines/engine/batches.ts";

const batches = (sizes: number[], maximum?: number) => [...tokenBatches(sizes, { sizeOf: (size) => size, maximum })];

Deno.test("tokenBatches fills runs up to the maximum, in order", () => {
  assert.deepEqual(batches([3, 3, 4, 1, 9], 10), [[3, 3, 4], [1, 9]]);
  assert.deepEqual(batches([3, 3, 5], 10), [[3, 3], [5]]);
  assert.deepEqual(batches([], 10), []);
});

Deno.test("tokenBatches bounds a run's padding too, whether its largest item comes first or last", () => {
  const most = PADDED * 10 / 5;
  const ones = new Array<number>(most).fill(0.1);
  assert.deepEqual(batches([5, ...ones], 10).map((batch) => batch.length), [most, 1]);
  assert.deepEqual(batches([...ones, 5, 0.1], 10).map((batch) => batch.length), [most, 2]);
  assert.deepEqual(batches([...ones.slice(1), 5], 10).map((batch) => batch.length), [most]);
});

Deno.test("tokenBatches gives what is longer than the maximum a run of its own", () => {
  assert.deepEqual(batches([2, 12, 2], 10), [[2], [12], [2]]);
});

Deno.test("tokenBatches bounds a run by BATCH_TOKENS by default", () => {
  const [first, second] = batches(new Array<number>(65).fill(64));
  assert.equal(first?.length, BATCH_TOKENS / 64);
  assert.deepEqual(second, [64]);
});
