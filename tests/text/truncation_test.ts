import assert from "node:assert/strict";
import { longestFirst } from "../../src/text/truncation.ts";

Deno.test("longestFirst cuts the longer list first, then both to half, the odd token to the longer", () => {
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
