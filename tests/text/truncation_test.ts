import assert from "node:assert/strict";
import { keptLengths, spans } from "../../src/text/encoding/truncation.ts";

Deno.test("longest_first cuts the longer list first, then both to half, the odd token to the longer", () => {
  const longestFirst = (first: number, second: number, room: number) =>
    keptLengths({ first, second, room }, "longest_first");
  assert.deepEqual(longestFirst(3, 4, 7), [3, 4]);
  assert.deepEqual(longestFirst(3, 9, 7), [3, 4]);
  assert.deepEqual(longestFirst(9, 3, 7), [4, 3]);
  assert.deepEqual(longestFirst(9, 1, 7), [6, 1]);
  assert.deepEqual(longestFirst(9, 10, 7), [3, 4]);
  assert.deepEqual(longestFirst(10, 9, 7), [4, 3]);
  assert.deepEqual(longestFirst(9, 0, 7), [7, 0]);
  assert.deepEqual(longestFirst(9, 9, 0), [0, 0]);
  assert.deepEqual(longestFirst(9, 9, Infinity), [9, 9]);
});

Deno.test("spans overlap by stride and begin at the side that stays", () => {
  const pairs = (length: number, kept: number, stride: number, side: "left" | "right") =>
    spans(length, kept, { stride, side }).map(({ start, end }) => [start, end]);
  assert.deepEqual(pairs(5, 5, 0, "right"), [[0, 5]]);
  assert.deepEqual(pairs(5, 9, 8, "left"), [[0, 5]]);
  assert.deepEqual(pairs(5, 2, 0, "right"), [[0, 2], [2, 4], [4, 5]]);
  assert.deepEqual(pairs(5, 2, 0, "left"), [[3, 5], [1, 3], [0, 1]]);
  assert.deepEqual(pairs(6, 4, 2, "right"), [[0, 4], [2, 6]]);
  assert.deepEqual(pairs(7, 4, 2, "left"), [[3, 7], [1, 5], [0, 3]]);
  assert.deepEqual(pairs(3, 0, 0, "right"), [[0, 0], [0, 3]]);
  assert.throws(() => spans(5, 2, { stride: 2, side: "right" }), RangeError);
});
