import assert from "node:assert/strict";
import { fc } from "../../deps.ts";
import { answeredRunsOf } from "../../../src/pipelines/windows/answered_runs.ts";

/** Which pieces begin a word, for words of these lengths. */
const words = (...lengths: number[]) => lengths.flatMap((length) => Array.from({ length }, (_, i) => i === 0));

Deno.test("a text that fits is one window, which answers for all of it", () => {
  assert.deepEqual(answeredRunsOf(words(1, 2, 3), { capacity: 6, stride: 2 }), [{ from: 0, to: 6, first: 0, last: 6 }]);
  assert.deepEqual(answeredRunsOf(words(1), { capacity: 6, stride: 5 }), [{ from: 0, to: 1, first: 0, last: 1 }]);
  assert.deepEqual(answeredRunsOf([], { capacity: 6, stride: 2 }), []);
});

Deno.test("of what two windows share, each answers for the half that is farther from its end", () => {
  assert.deepEqual(answeredRunsOf(new Array(10).fill(true), { capacity: 6, stride: 2 }), [
    { from: 0, to: 6, first: 0, last: 5 },
    { from: 4, to: 10, first: 5, last: 10 },
  ]);
});

Deno.test("the border between two windows falls between words where it can", () => {
  assert.deepEqual(answeredRunsOf(words(4, 3, 5), { capacity: 8, stride: 4 }).map(({ first, last }) => [first, last]), [
    [0, 7],
    [7, 12],
  ]);
  assert.deepEqual(answeredRunsOf(words(12), { capacity: 8, stride: 4 }).map(({ first, last }) => [first, last]), [[
    0,
    6,
  ], [6, 12]]);
});

Deno.test("without a stride windows stand side by side", () => {
  assert.deepEqual(answeredRunsOf(words(3, 3, 1), { capacity: 3, stride: 0 }), [
    { from: 0, to: 3, first: 0, last: 3 },
    { from: 3, to: 6, first: 3, last: 6 },
    { from: 6, to: 7, first: 6, last: 7 },
  ]);
});

Deno.test("whatever the text, every piece is in the charge of one window that holds it", () => {
  const cases = fc.record({
    begins: fc.array(fc.boolean(), { maxLength: 80 }),
    capacity: fc.integer({ min: 1, max: 20 }),
    stride: fc.nat(19),
  }).filter(({ capacity, stride }) => stride < capacity);
  fc.assert(fc.property(cases, ({ begins, capacity, stride }) => {
    const windows = answeredRunsOf(begins, { capacity, stride });
    let next = 0;
    for (const { from, to, first, last } of windows) {
      assert(0 <= from && from <= first && first < last && last <= to && to <= begins.length);
      assert(to - from <= capacity);
      assert.equal(first, next);
      next = last;
    }
    assert.equal(next, begins.length);
  }));
});

Deno.test("a border parts a word only where all that two windows share is one word", () => {
  const cases = fc.record({
    begins: fc.array(fc.boolean(), { maxLength: 80 }),
    capacity: fc.integer({ min: 2, max: 20 }),
    stride: fc.nat(18),
  }).filter(({ capacity, stride }) => stride < capacity);
  fc.assert(fc.property(cases, ({ begins, capacity, stride }) => {
    for (const { to, last } of answeredRunsOf(begins, { capacity, stride })) {
      if (last === begins.length || begins[last]) continue;
      assert(begins.slice(to - stride, to + 1).every((begin) => !begin));
    }
  }));
});
