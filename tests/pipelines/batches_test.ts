import assert from "node:assert/strict";
import { BATCH_TOKENS, padBatch, padRows, tokenBatches } from "../../src/pipelines/batches.ts";

const items = (...lengths: number[]) => lengths.map((length) => ({ input_ids: new Array<number>(length).fill(7) }));
const lengths = (batches: Iterable<{ input_ids: number[] }[]>) =>
  [...batches].map((batch) => batch.map(({ input_ids }) => input_ids.length));

Deno.test("tokenBatches fills runs up to the maximum, in order", () => {
  assert.deepEqual(lengths(tokenBatches(items(3, 3, 4, 1, 9), { maximum: 10 })), [[3, 3, 4], [1, 9]]);
  assert.deepEqual(lengths(tokenBatches(items(3, 3, 5), { maximum: 10 })), [[3, 3], [5]]);
  assert.deepEqual(lengths(tokenBatches([], { maximum: 10 })), []);
});

Deno.test("tokenBatches gives what is longer than the maximum a run of its own", () => {
  assert.deepEqual(lengths(tokenBatches(items(2, 12, 2), { maximum: 10 })), [[2], [12], [2]]);
});

Deno.test("tokenBatches bounds a run by BATCH_TOKENS by default", () => {
  const [first, second] = lengths(tokenBatches(items(...new Array<number>(65).fill(64))));
  assert.equal(first?.length, BATCH_TOKENS / 64);
  assert.deepEqual(second, [64]);
});

Deno.test("tokenBatches counts items as it is told", () => {
  assert.deepEqual(lengths(tokenBatches(items(1, 1, 1), { sizeOf: () => 5, maximum: 10 })), [[1, 1], [1]]);
});

Deno.test("padRows fills up on the right with zeros, to the longest row", () => {
  assert.deepEqual(padRows([[1], [2, 3, 4], []]), [[1, 0, 0], [2, 3, 4], [0, 0, 0]]);
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
