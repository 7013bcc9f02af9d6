/** What a call costs in launches: one write, one submit, one wait, and few dispatches a layer. */

import assert from "node:assert/strict";
import {
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertTokenizerFast,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { createTextClassification } from "../../src/pipelines/tasks/text_classification.ts";
import { countOf, gpuCallsOf } from "./gpu_calls.ts";

const MODEL = new URL("../../examples/models/wordnet/topic/", import.meta.url);

function config(full: number, narrow: number, positions = "absolute"): NarrowBertConfig {
  return new NarrowBertConfig({
    vocab_size: 50,
    hidden_size: 32,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 40,
    num_hidden_layers: full + narrow,
    full_length_layers: full,
    position_embedding_type: positions,
  });
}

const input_ids = [Array.from({ length: 30 }, (_, i) => i + 5), Array.from({ length: 30 }, (_, i) => 49 - i)];
const narrow_mask = input_ids.map((row) => row.map((_, i) => i < 3 ? 1 : 0));

/** Dispatches of one warm call. */
async function dispatches(full: number, narrow: number, form: "absorbed" | "projected"): Promise<number> {
  using model = await NarrowBertForMaskedLM.from_config(config(full, narrow));
  const call = () => model.forward({ input_ids, narrow_mask }, { narrow: form });
  await call();
  return countOf(await gpuCallsOf(call), "dispatchWorkgroups");
}

Deno.test("a full layer takes 8 dispatches at most", async () => {
  assert.ok(await dispatches(3, 1, "absorbed") - await dispatches(2, 1, "absorbed") <= 8);
});

for (const [form, most] of [["projected", 7], ["absorbed", 10]] as const) {
  Deno.test(`a narrow layer in the ${form} form takes ${most} dispatches at most`, async () => {
    const [one, four] = [await dispatches(1, 1, form), await dispatches(1, 4, form)];
    assert.ok(four - one <= 3 * most, `3 layers more take ${four - one}`);
  });
}

Deno.test("on software adapters a full layer copies 4 matrices to textures, and no weights once it is warm", async () => {
  const { adapterClass } = await requestGpu();
  const copies = async (full: number) => {
    using model = await NarrowBertForMaskedLM.from_config(
      config(full, 1).with({ hidden_size: 256, intermediate_size: 512 }),
    );
    const long = input_ids.map((row) => [...row, ...row.slice(0, 10)]); // 80 tokens: many rows, much work
    const call = () =>
      model.forward({ input_ids: long, narrow_mask: long.map((row) => row.map((_, i) => i < 3 ? 1 : 0)) });
    await call();
    return countOf(await gpuCallsOf(call), "copyBufferToTexture");
  };
  assert.equal(await copies(3) - await copies(2), adapterClass === "software" ? 4 : 0);
});

Deno.test("a warm call writes one buffer, submits once and maps once", async () => {
  using model = await NarrowBertForMaskedLM.from_config(config(1, 2));
  const call = () => model.forward({ input_ids, narrow_mask });
  await call();
  const calls = await gpuCallsOf(call);
  const { poisoned } = (await requestGpu()).buffers; // which writes every buffer
  const others = calls.filter((name) => name !== "dispatchWorkgroups" && !(poisoned && name === "writeBuffer"));
  assert.deepEqual(others, poisoned ? ["submit", "mapAsync"] : ["writeBuffer", "submit", "mapAsync"]);
});

Deno.test("calls that overlap are all submitted, in one submit, before the first is waited for", async () => {
  using model = await NarrowBertForMaskedLM.from_config(config(1, 2));
  const call = () => model.forward({ input_ids, narrow_mask });
  await call();
  const calls = await gpuCallsOf(() => Promise.all(Array.from({ length: 5 }, call)));
  const order = calls.filter((name) => name === "submit" || name === "mapAsync");
  const { poisoned } = (await requestGpu()).buffers; // each call then has a submit of its own
  const alone = Array.from({ length: 5 }, () => ["submit", "mapAsync"]).flat();
  assert.deepEqual(order, poisoned ? alone : ["submit", ...Array(5).fill("mapAsync")]);
});

Deno.test("a stream asks for the next batch before it waits for the last", async () => {
  const tokenizer = await NarrowBertTokenizerFast.from_pretrained(MODEL);
  using model = await NarrowBertForSequenceClassification.from_pretrained(MODEL);
  const { trunk } = model;
  const answer = trunk.answer.bind(trunk);
  let underWay = 0;
  trunk.answer = (...args) => {
    underWay++;
    return answer(...args).finally(() => underWay--);
  };
  const classify = createTextClassification({ model, tokenizer });
  const texts = Array.from({ length: 4000 }, (_, i) => `a large animal with ${i} long legs`);
  const waits: number[] = []; // batches under way when one is waited for
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = function (...args) {
    waits.push(underWay);
    return mapAsync.apply(this, args);
  };
  try {
    let count = 0;
    for await (const _ of classify.stream(texts)) count++;
    assert.equal(count, texts.length);
  } finally {
    GPUBuffer.prototype.mapAsync = mapAsync;
  }
  assert.ok(waits.length >= 6, `${waits.length} batches`);
  assert.equal(Math.max(...waits), 2);
  assert.ok(!waits.includes(0), "every batch is seen");
  // Alone are the first batch, whose kernels are compiled, the last, and small ones that are done before the next window is
  // encoded.
  const alone = waits.filter((batches) => batches === 1).length;
  assert.ok(alone <= waits.length / 3, `${alone} of ${waits.length} batches were waited for with nothing behind them`);
});

Deno.test("with low latency 200 calls give the same bits as without", async () => {
  const settings = config(1, 2);
  using normal = await NarrowBertForSequenceClassification.from_config(settings, { seed: 3 });
  using low = await NarrowBertForSequenceClassification.from_config(settings, { seed: 3, latency: "low" });
  for (let i = 0; i < 200; i++) {
    const ids = [Array.from({ length: 1 + i % 30 }, (_, j) => (i * 7 + j * 3) % 50)];
    const [a, b] = i < 10
      ? await Promise.all([normal.forward({ input_ids: ids }), low.forward({ input_ids: ids })])
      : [await normal.forward({ input_ids: ids }), await low.forward({ input_ids: ids })];
    assert.deepEqual(b.logits.data, a.logits.data);
  }
});

Deno.test("an unknown latency is refused by name", async () => {
  const options = { latency: "lowest" as "low" };
  await assert.rejects(NarrowBertForMaskedLM.from_config(config(1, 1), options), {
    name: "RangeError",
    message: 'Cannot make a model with latency "lowest": it must be "normal" or "low"',
  });
});
