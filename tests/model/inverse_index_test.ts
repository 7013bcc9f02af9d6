/** The inverse of an index, by which gradients of tables sum. */

import assert from "node:assert/strict";
import { inverseIndex } from "../../src/model/batch/inverse_index.ts";

Deno.test("an index is sorted by what it names, and what names the same stays in order", () => {
  const { starts, order } = inverseIndex(Uint32Array.of(3, 0, 3, 4, 0, 3), { count: 6 });
  assert.deepEqual([...starts], [0, 2, 2, 2, 5, 6, 6]);
  assert.deepEqual([...order], [1, 4, 0, 2, 5, 3]);
});

Deno.test("a column of packed tokens is an index", () => {
  const tokens = Uint32Array.of(7, 1, 0, 9, 5, 0, 1, 9, 7, 1, 2, 9);
  const of = (column: number, count: number) => {
    const { starts, order } = inverseIndex(tokens, { count, column, stride: 4 });
    return [[...starts], [...order]];
  };
  assert.deepEqual(of(0, 8), [[0, 0, 0, 0, 0, 0, 1, 1, 3], [1, 0, 2]]);
  assert.deepEqual(of(1, 2), [[0, 1, 3], [1, 0, 2]]);
  assert.deepEqual(of(2, 3), [[0, 1, 2, 3], [0, 1, 2]]);
});

Deno.test("an index of nothing names nothing", () => {
  const { starts, order } = inverseIndex(new Uint32Array(0), { count: 2 });
  assert.deepEqual([[...starts], [...order]], [[0, 0, 0], []]);
});

Deno.test("an id past the table is refused", () => {
  assert.throws(() => inverseIndex(Uint32Array.of(1, 2), { count: 2 }), {
    name: "RangeError",
    message: "Cannot invert an index: an id must be below 2, got 2",
  });
});
