/** GPU memory: what calls and models take, they give back, and a warm call takes nothing. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertForMaskedLM, NarrowBertForSequenceClassification } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { slicedDevice } from "../nn/sliced_device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { randomBatch } from "./batches.ts";

const SHAPE = { sequences: 3, length: 20, vocabulary: 99, types: 3 };

Deno.test("a warm call creates no buffer, bind group or pipeline", async () => {
  const gpu = await requestGpu();
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  const largest = randomBatch(0, { ...SHAPE, sequences: 6, length: 40 });
  const full = largest.input_ids.map((row) => row.map(() => 1));
  for (const narrow of ["absorbed", "projected"] as const) {
    await model.forward({ ...largest, attention_mask: full, narrow_mask: full }, { narrow });
    await model.forward({ ...single(largest.input_ids) }, { narrow });
  }
  const warm = gpu.counts;
  for (let seed = 1; seed <= 20; seed++) {
    for (const narrow of ["absorbed", "projected"] as const) {
      await model.forward({ ...randomBatch(seed, SHAPE) }, { narrow });
    }
  }
  assert.deepEqual(gpu.counts, warm);
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

/** Sizes of a call, T and R powers of two, so that no buffer has room to grow. */
interface CallSizes {
  width: number;
  heads: number;
  inner: number;
  layers: number;
  full: number;
  sequences: number;
  length: number;
  /** Narrow rows of a sequence. */
  rows: number;
  vocabulary: number;
  form: "absorbed" | "projected";
}

const isSoftware = (await requestGpu()).adapterClass === "software";

/** The bound of docs/performance.md for the buffers of a call with masked language modelling, in bytes. */
function activationBound(call: CallSizes): number {
  const { width: H, heads: A, inner: F, layers, full, sequences: B, length: L, rows, vocabulary: V, form } = call;
  const [T, R, K] = [B * L, B * rows, L];
  const fullLayers = T * (3 * H + Math.max(3 * H, F) + A * K);
  const projected = form === "projected" ? 2 * T * H * (layers - full) : 0;
  const absorbed = form === "absorbed" ? R * A * (2 * H + K) : 0;
  const narrowRows = R * (4 * H + F + V);
  // Software adapters: what products of more than 64 rows read from textures.
  const textures = T * (H + F) + (form === "absorbed" && R > 64 ? R * A * H : 0);
  return 4 * (fullLayers + projected + absorbed + narrowRows + (isSoftware && H % 64 === 0 ? textures : 0)) + 64 * T +
    64 * 1024;
}

/** Slices of 1,024 words of 64 columns, which leave the projections of all layers in one matrix. */
const sliced = await slicedDevice(2 ** 18);

for (const form of ["absorbed", "projected"] as const) {
  for (
    const [width, heads, inner, rows, vocabulary, device] of [
      [64, 4, 256, 8, 100],
      [128, 2, 256, 8, 100],
      [48, 12, 400, 8, 100],
      [64, 4, 256, 16, 4096],
      [64, 4, 256, 16, 4096, sliced],
      [128, 8, 512, 32, 1000],
    ] as const
  ) {
    const where = device === undefined ? "" : " in slices";
    const name = `${form}, H ${width}, A ${heads}, F ${inner}, R ${8 * rows}, V ${vocabulary}${where}`;
    Deno.test(`the buffers of a call stay within their bound, ${name}`, async () => {
      const sizes = { width, heads, inner, layers: 5, full: 2, sequences: 8, length: 64, rows, vocabulary, form };
      using model = await NarrowBertForMaskedLM.from_config(configOf(sizes), { ...(device && { device }) });
      await model.forward(batchOf(sizes), { narrow: form });
      const bound = activationBound(sizes);
      assert.ok(model.activationBytes <= bound, `${model.activationBytes} bytes, at most ${bound} expected`);
      assert.ok(
        model.activationBytes >= bound / 2.5,
        `a bound of ${bound} says little of ${model.activationBytes} bytes`,
      );
    });
  }
}

function configOf(
  { width, heads, inner, layers, full, vocabulary }: Omit<CallSizes, "rows" | "form">,
): NarrowBertConfig {
  return new NarrowBertConfig({
    vocab_size: vocabulary,
    hidden_size: width,
    num_attention_heads: heads,
    intermediate_size: inner,
    num_hidden_layers: layers,
    full_length_layers: full,
  });
}

/** Sequences of one length, each with its first rows narrow. */
function batchOf(
  { sequences, length, rows, vocabulary }: Pick<CallSizes, "sequences" | "length" | "rows" | "vocabulary">,
) {
  const input_ids = Array.from(
    { length: sequences },
    (_, b) => Array.from({ length }, (_, i) => (7 * i + b) % vocabulary),
  );
  return { input_ids, narrow_mask: input_ids.map((row) => row.map((_, i) => i < rows ? 1 : 0)) };
}

/** Calls of a model whose products are read from textures on software adapters, some of which outgrow the last. */
const GROWING = [[300, 5], [70, 65], [300, 5], [20, 3], [310, 200], [70, 65]] as const;
const TEXTURED = { width: 256, heads: 4, inner: 512, layers: 3, full: 1, sequences: 1, length: 1, vocabulary: 50 };

Deno.test("calls that outgrow the textures of earlier ones give what they give alone, overlapping too", async () => {
  const batches = GROWING.map(([length, rows]) => batchOf({ ...TEXTURED, length, rows }));
  const alone: unknown[] = [];
  for (const batch of batches) {
    using model = await NarrowBertForMaskedLM.from_config(configOf(TEXTURED), { seed: 1 });
    alone.push((await model.forward(batch, { narrow: "absorbed" })).logits.data);
  }
  using model = await NarrowBertForMaskedLM.from_config(configOf(TEXTURED), { seed: 1 });
  for (const [i, batch] of batches.entries()) {
    assert.deepEqual((await model.forward(batch, { narrow: "absorbed" })).logits.data, alone[i], `call ${i}`);
  }
  using other = await NarrowBertForMaskedLM.from_config(configOf(TEXTURED), { seed: 1 });
  const together = await Promise.all(batches.map((batch) => other.forward(batch, { narrow: "absorbed" })));
  together.forEach(({ logits }, i) => assert.deepEqual(logits.data, alone[i], `overlapping call ${i}`));
});

Deno.test("textures are given back by a disposed model, and by a pruned one those of its old weights", async () => {
  const gpu = await requestGpu();
  const before = gpu.textures.liveBytes;
  for (let round = 0; round < 5; round++) {
    using model = await NarrowBertForMaskedLM.from_config(configOf(TEXTURED));
    const batch = batchOf({ ...TEXTURED, length: 100, rows: 80 });
    await model.forward(batch);
    const used = gpu.textures.liveBytes - before;
    assert.equal(used > 0, isSoftware);
    await model.forward(batch);
    assert.equal(gpu.textures.liveBytes - before, used, "a warm call makes none");
    model.prune_heads({ 0: [1], 2: [0] });
    await model.forward(batch);
    assert.ok(gpu.textures.liveBytes - before <= used);
  }
  assert.equal(gpu.textures.liveBytes, before);
  assert.equal(gpu.textures.weightBytes, 0);
});

/** One sequence with one row, for the kernels of few rows. */
function single(ids: number[][]) {
  const input_ids = [ids[0]!];
  return { input_ids, narrow_mask: [ids[0]!.map((_, l) => l === 3 ? 1 : 0)] };
}
