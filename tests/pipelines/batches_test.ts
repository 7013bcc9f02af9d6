import assert from "node:assert/strict";
import { BATCH_TOKENS, padBatch, PADDED, padRows, tokenBatches } from "../../src/pipelines/engine/batches.ts";

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

Deno.test("padRows fills up on the right to the longest row, with zeros or another number", () => {
  assert.deepEqual(padRows([[1], [2, 3, 4], []]), [[1, 0, 0], [2, 3, 4], [0, 0, 0]]);
  assert.deepEqual(padRows([[1], [2, 3]], -100), [[1, -100], [2, 3]]);
  assert.deepEqual(padRows([]), []);
});

Deno.test("padBatch pads ids, types and mask alike", () => {
  const batch = padBatch([
    { input_ids: [2, 9, 3, 8, 3], token_type_ids: [0, 0, 0, 1, 1], attention_mask: [1, 1, 1, 1, 1] },
    { input_ids: [2, 9, 3], token_type_ids: [0, 0, 0], attention_mask: [1, 1, 1] },
  ]);
  assert.deepEqual(batch, {
    input_ids: [[2, 9, 3, 8, 3], [2, 9, 3, 0, 0]],
    token_type_ids: [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]],
    attention_mask: [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]],
  });
});
