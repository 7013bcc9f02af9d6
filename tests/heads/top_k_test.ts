import assert from "node:assert/strict";
import { type ModelInputs, NarrowBertForMaskedLM, type Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";

const INPUTS = {
  input_ids: [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15]],
  attention_mask: [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]],
  narrow_mask: [[0, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]],
};
const load = () => NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));

/** The words of one row of logits by falling probability, with their probabilities, in float64. */
function ranked(logits: number[]): { indices: number[]; scores: number[] } {
  const most = Math.max(...logits);
  const sum = logits.reduce((sum, x) => sum + Math.exp(x - most), 0);
  const indices = logits.map((_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b);
  return { indices, scores: indices.map((i) => Math.exp(logits[i]! - most) / sum) };
}

for (const k of [1, 5, 99]) {
  Deno.test(`top_k gives the ${k} likeliest words of each row, with their probabilities`, async () => {
    using model = await load();
    const { indices, scores, narrow_positions } = await model.top_k(INPUTS, k);
    const { logits, narrow_positions: expected } = await model.forward(INPUTS);
    assert.deepEqual([indices.type, indices.dims, scores.dims], ["int32", [3, 2, k], [3, 2, k]]);
    assert.deepEqual(narrow_positions, expected);
    for (const [b, r] of [[0, 0], [0, 1], [2, 0]] as const) {
      const row = ranked((logits.tolist() as number[][][])[b]![r]!);
      const of = (tensor: Tensor) => (tensor.tolist() as number[][][])[b]![r]!;
      assert.deepEqual(of(indices), row.indices.slice(0, k));
      of(scores).forEach((score, i) => assert.ok(Math.abs(score - row.scores[i]!) < 2e-6, `${score} of word ${i}`));
    }
  });
}

Deno.test("without a narrow mask, every real token is a row", async () => {
  using model = await load();
  const { narrow_mask: _, ...all } = INPUTS;
  const expected = await model.top_k({ ...INPUTS, narrow_mask: INPUTS.attention_mask }, 3);
  assert.deepEqual(await model.top_k(all, 3), expected);
  assert.deepEqual((await model.top_k({ input_ids: INPUTS.input_ids }, 3)).indices.dims, [3, 5, 3]);
});

Deno.test("no rows, or no sequences, give no words", async () => {
  using model = await load();
  const none = INPUTS.narrow_mask.map((row) => row.map(() => 0));
  const { indices, scores } = await model.top_k({ ...INPUTS, narrow_mask: none }, 4);
  assert.deepEqual([indices.dims, scores.dims], [[3, 0, 4], [3, 0, 4]]);
  assert.deepEqual((await model.top_k({ input_ids: [] }, 4)).indices.dims, [0, 0, 4]);
});

Deno.test("k is a whole number from 1 to the vocabulary, at most 128", async () => {
  const gpu = await requestGpu();
  using model = await load();
  using wide = await NarrowBertForMaskedLM.from_pretrained(goldenModel("wide"));
  const before = gpu.counts;
  for (const [most, masked] of [[99, model], [128, wide]] as const) {
    for (const k of [0, -1, 1.5, NaN, most + 1]) {
      const message = `Cannot find the top words: k must be a whole number from 1 to ${most}, got ${k}`;
      await assert.rejects(masked.top_k(INPUTS, k), { name: "RangeError", message });
    }
  }
  assert.deepEqual(gpu.counts, before);
});

Deno.test("wrong inputs are an InputError", async () => {
  using model = await load();
  for (const inputs of [null, {}, { input_ids: [[99]] }, { input_ids: [[1]], attention_mask: [[2]] }]) {
    await assert.rejects(model.top_k(inputs as ModelInputs, 1), { name: "InputError" }, JSON.stringify(inputs));
  }
});

Deno.test("programs of many kinds do not pile up, and those still running are not taken away", async () => {
  const { buffers } = await requestGpu();
  using model = await load();
  const all = await model.top_k(INPUTS, 40);
  const single = buffers.liveBytes;
  const calls = Array.from({ length: 40 }, (_, i) => model.top_k(INPUTS, i + 1));
  for (const [i, { indices }] of (await Promise.all(calls)).entries()) {
    const expected = (all.indices.tolist() as number[][][]).map((rows) => rows.map((words) => words.slice(0, i + 1)));
    assert.deepEqual(indices.tolist(), expected);
  }
  const programs = buffers.liveBytes - model.weightBytes;
  assert.ok(programs <= 16 * (single - model.weightBytes) * 1.1, `${programs} bytes of programs`);
});
