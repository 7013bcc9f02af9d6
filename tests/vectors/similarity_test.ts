/** Similarities and joined tensors. */

import assert from "node:assert/strict";
import { cat, cos_sim, dot_score, euclidean_sim, manhattan_sim, Tensor } from "../../mod.ts";

Deno.test("similarities are those of sentence-transformers", () => {
  // Worked out by hand.
  const a = new Tensor("float32", [1, 2, 3, -1, 0, 0.5], [2, 3]);
  const b = [[0.5, 0, 1], [2, -2, 1], [0, 0, 0]];
  const cases = [
    [cos_sim, [0.8366600275039673, 0.08908708393573761, 0, 0, -0.44721361994743347, 0]],
    [dot_score, [3.5, 1, 0, 0, -1.5, 0]],
    [euclidean_sim, [
      -2.872281312942505,
      -4.582575798034668,
      -3.7416574954986572,
      -1.5811388492584229,
      -3.640054941177368,
      -1.1180340051651,
    ]],
    [manhattan_sim, [-4.5, -7, -6, -2, -5.5, -1.5]],
  ] as const;
  for (const [of, expected] of cases) {
    const { data, dims } = of(a, b);
    assert.deepEqual(dims, [2, 3]);
    for (const [i, x] of expected.entries()) assert(Math.abs(data[i]! - x) < 1e-6, `${of.name} ${i}: ${data[i]}, ${x}`);
  }
  assert.equal(cos_sim([1, 2].map((x) => new Tensor("float32", [x, x], [2])), [[3, 3]]).dims[0], 2);
  assert.throws(() => cos_sim([[1, 2]], [[1, 2, 3]]), /a must have as many numbers as b, got 2 and 3/);
  assert.throws(() => cos_sim([[NaN]], [[1]]), /a\[0\] must hold finite numbers, got NaN/);
});

Deno.test("tensors are joined along their first dimension", () => {
  const rows = [new Tensor("float32", [1, 2], [1, 2]), new Tensor("float32", [3, 4, 5, 6], [2, 2])];
  assert.deepEqual(cat(rows).tolist(), [[1, 2], [3, 4], [5, 6]]);
  assert.deepEqual(cat([new Tensor("int64", [1n], [1]), new Tensor("int64", [], [0])]).tolist(), [1n]);
  assert.throws(() => cat([]), /there must be one at least, got none/);
  assert.throws(() => cat([new Tensor("float32", [1], [])]), /number 0 must have a dimension/);
  assert.throws(() => cat([rows[0]!, new Tensor("float32", [1], [1, 1])]), /got float32 \[1, 2\] and float32 \[1, 1\]/);
  assert.throws(() => cat<"float32" | "int8">([rows[0]!, new Tensor("int8", [1, 2], [1, 2])]), /and int8 \[1, 2\]/);
  assert.throws(() => cat([rows[0]!, [1] as never]), /number 1 must be one, got an array/);
});
