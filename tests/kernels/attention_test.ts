/** What holds for attention besides the values of its twin. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { attention } from "../../src/kernels/attention/attention.ts";
import { attentionProbabilities } from "../../src/kernels/attention/attention_probabilities.ts";
import { launchKernel } from "../../src/kernels/launch.ts";
import { cases } from "../conformance/cases/attention.ts";
import { cases as probabilitiesCases } from "../conformance/cases/attention_probabilities.ts";
import type { Shape } from "../conformance/cases/attention_data.ts";

const gpu = await requestGpu({ poisoned: true });

/** Three sequences of a model's heads; the middle one is in the way of the others. */
const LENGTHS = [13, 67, 5] as const;
const HEADS = 3;
const HEAD_SIZE = 32;
const WIDTH = HEADS * HEAD_SIZE;

function shape(lengths: readonly number[], relative: Shape["relative"]): Shape {
  const sequences = lengths.map((length) => [length, length] as const);
  return { name: "", sequences, heads: HEADS, headSize: HEAD_SIZE, layout: "fused", relative, rounded: true };
}

/** Attention over `qkv` `[T, 3, A, D]` of sequences of `lengths`; gives the words of `[T, A * D]`. */
async function attend(
  lengths: readonly number[],
  qkv: Float32Array,
  relative: Shape["relative"],
): Promise<Uint32Array> {
  const [test] = cases([shape(lengths, relative)]);
  assert.ok(test);
  const buffers = { ...test.buffers, q: qkv, k: qkv, v: qkv, out: 4 * qkv.length / 3 };
  const params = { ...test.params, out_stride: WIDTH };
  const [out] = await launchKernel(gpu, attention, { constants: test.constants, params, buffers }, ["out"]);
  return new Uint32Array((out as Float32Array).buffer);
}

/** The q, k and v of {@linkcode LENGTHS}. */
function batch(): Float32Array {
  const [test] = cases([shape(LENGTHS, 0)]);
  return (test?.buffers.q as Float32Array).slice();
}

Deno.test("attention gives a sequence the same bits alone, in a batch and in any run", async () => {
  const qkv = batch();
  const whole = await attend(LENGTHS, qkv, 0);
  for (let i = 0; i < 10; i++) assert.deepEqual(await attend(LENGTHS, qkv, 0), whole);
  let start = 0;
  for (const length of LENGTHS) {
    const alone = await attend([length], qkv.slice(start * 3 * WIDTH, (start + length) * 3 * WIDTH), 0);
    assert.deepEqual(alone, whole.slice(start * WIDTH, (start + length) * WIDTH));
    start += length;
  }
});

for (const relative of [0, 1, 2] as const) {
  Deno.test(`attention shows a NaN in its own sequence and head alone, RELATIVE ${relative}`, async () => {
    const [row, head] = [20, 1];
    const clean = await attend(LENGTHS, batch(), relative);
    // A query concerns its own row, a key or value all rows of its sequence.
    for (const [part, rows] of [[0, [row, row + 1]], [1, [13, 80]], [2, [13, 80]]] as const) {
      const qkv = batch();
      qkv[row * 3 * WIDTH + part * WIDTH + head * HEAD_SIZE + 5] = NaN;
      const found = await attend(LENGTHS, qkv, relative);
      const values = new Float32Array(found.buffer);
      for (let t = 0; t < 85; t++) {
        for (let a = 0; a < HEADS; a++) {
          const [from, to] = [t * WIDTH + a * HEAD_SIZE, t * WIDTH + (a + 1) * HEAD_SIZE];
          const concerned = a === head && t >= rows[0] && t < rows[1];
          if (concerned) assert.ok(values.subarray(from, to).some(Number.isNaN), `part ${part}, row ${t}`);
          else assert.deepEqual(found.subarray(from, to), clean.subarray(from, to));
        }
      }
    }
  });
}

Deno.test("attention probabilities of a row sum to the head's scale, and show a NaN", async () => {
  for (const scale of [1, 2 ** 11, 2 ** 120]) {
    const [test] = probabilitiesCases([{ ...shape([67, 3], 0), scale }]);
    assert.ok(test);
    const { constants, params, buffers } = test;
    const [found] = await launchKernel(gpu, attentionProbabilities, { constants, params, buffers }, ["probabilities"]);
    for (let i = 0; i < 70 * HEADS; i++) {
      const sum = (found as Float32Array).subarray(i * params.keys, (i + 1) * params.keys).reduce((x, y) => x + y, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `scale ${scale}, row ${i}: ${sum}`);
    }
    const k = (buffers.k as Float32Array).slice();
    k[3 * 3 * WIDTH + WIDTH] = NaN;
    const spoilt = { constants, params, buffers: { ...buffers, k } };
    const [shown] = await launchKernel(gpu, attentionProbabilities, spoilt, ["probabilities"]);
    assert.ok(Number.isNaN((shown as Float32Array)[3]), "key 3 of row 0, head 0");
  }
});
