/** GPU memory: what calls and models take, they give back, and a warm call takes nothing. */

import assert from "node:assert/strict";
import { NarrowBertForMaskedLM, NarrowBertForSequenceClassification, requestGpu } from "../../mod.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { randomBatch } from "./batches.ts";

const SHAPE = { sequences: 3, length: 20, vocabulary: 99, types: 3 };

Deno.test("a warm call creates no buffer, bind group or pipeline", async () => {
  const gpu = await requestGpu();
  const counts = () => ({
    buffers: gpu.buffers.created,
    staging: gpu.staging.created,
    bindGroups: gpu.bindGroups,
    pipelines: gpu.pipelines.size,
  });
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  const largest = randomBatch(0, { ...SHAPE, sequences: 6, length: 40 });
  const full = largest.input_ids.map((row) => row.map(() => 1));
  for (const narrow of ["absorbed", "projected"] as const) {
    await model.forward({ ...largest, attention_mask: full, narrow_mask: full }, { narrow });
    await model.forward({ ...single(largest.input_ids) }, { narrow });
  }
  const warm = counts();
  for (let seed = 1; seed <= 20; seed++) {
    for (const narrow of ["absorbed", "projected"] as const) {
      await model.forward({ ...randomBatch(seed, SHAPE) }, { narrow });
    }
  }
  assert.deepEqual(counts(), warm);
});

Deno.test("live GPU bytes are back where they were after 1,000 calls", async () => {
  const gpu = await requestGpu();
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  const batches = Array.from({ length: 10 }, (_, seed) => randomBatch(seed, SHAPE));
  const run = () => Promise.all(batches.map((batch) => model.forward({ ...batch })));
  for (let round = 0; round < 3; round++) await run();
  const before = { live: gpu.buffers.liveBytes, staging: gpu.staging.bytes };
  for (let round = 0; round < 100; round++) await run();
  assert.equal(gpu.buffers.liveBytes, before.live);
  assert.ok(gpu.staging.bytes <= before.staging, `staging grew from ${before.staging} to ${gpu.staging.bytes}`);
});

Deno.test("live GPU bytes are back where they were after 50 rounds of loading and disposing", async () => {
  const gpu = await requestGpu();
  const before = gpu.buffers.liveBytes;
  const inputs = randomBatch(3, SHAPE);
  const { narrow_mask: _, ...pooled } = inputs;
  for (let round = 0; round < 50; round++) {
    using model = await NarrowBertForSequenceClassification.from_pretrained(goldenModel("seq-cls"));
    assert.ok(gpu.buffers.liveBytes >= before + model.weightBytes);
    await model.forward({ ...pooled }, { output_attentions: round % 2 === 0 });
  }
  assert.equal(gpu.buffers.liveBytes, before);
});

Deno.test("overlapping calls on one model give what they give one by one", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  const batches = Array.from(
    { length: 12 },
    (_, i) => randomBatch(i, { ...SHAPE, sequences: 1 + i, length: 5 + 3 * i }),
  );
  const together = await Promise.all(batches.map((batch) => model.forward({ ...batch })));
  for (const [i, batch] of batches.entries()) {
    const { logits } = await model.forward({ ...batch });
    assert.deepEqual(together[i]!.logits.data, logits.data, `batch ${i}`);
  }
});

/** One sequence with one row, for the kernels of few rows. */
function single(ids: number[][]) {
  const input_ids = [ids[0]!];
  return { input_ids, narrow_mask: [ids[0]!.map((_, l) => l === 3 ? 1 : 0)] };
}
