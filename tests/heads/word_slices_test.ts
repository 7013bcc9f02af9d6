/** Models whose word embeddings are in slices, against the same models in one piece. */

import assert from "node:assert/strict";
import {
  type Gradients,
  labelLogits,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertModel,
  type Tensor,
  topWords,
  Trunk,
  wordLogits,
  wordProbabilities,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { coreOf } from "../../src/heads/pretrained.ts";
import { gradientGroups } from "../../src/model/learning.ts";
import { limitedDevice } from "../gpu/fake_devices.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { slicedDevice } from "../nn/sliced_device.ts";

const CONFIG = new NarrowBertConfig({
  vocab_size: 61,
  hidden_size: 32,
  num_hidden_layers: 5,
  full_length_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 48,
  max_position_embeddings: 40,
  initializer_range: 0.2,
  num_labels: 3,
});

/** Bytes of 16 words. */
const SLICE = 16 * 32 * 4;

const device = await slicedDevice(SLICE);
const gpu = await requestGpu({ device });

/** Texts of other lengths, with words of each slice. */
const input_ids = [3, 17, 9].map((length, b) => Array.from({ length }, (_, l) => (19 * b + 23 * l + 1) % 61));
const padded = (rows: number[][], pad: number) => rows.map((row) => [...row, ...Array(17 - row.length).fill(pad)]);
const inputs = {
  input_ids: padded(input_ids, 0),
  attention_mask: padded(input_ids.map((row) => row.map(() => 1)), 0),
  narrow_mask: padded(input_ids.map((row) => row.map((_, l) => Number(l % 2 === 0))), 0),
};

function near(found: Tensor, expected: Tensor, what: string): void {
  assert.deepEqual(found.dims, expected.dims, what);
  const numbers = Array.from(expected.data, Number);
  numbers.forEach((value, i) => {
    const error = Math.abs(Number(found.data[i]) - value);
    assert.ok(error <= 1e-5 * (1 + Math.abs(value)), `${what}[${i}]: expected ${value}, got ${found.data[i]}`);
  });
}

/** How many matrices hold a model's words. */
async function slicesOf(model: NarrowBertForMaskedLM): Promise<string[]> {
  const { parameters } = await coreOf(model).use((runner) => Promise.resolve(runner));
  return parameters.map(({ label }) => label).filter((label) => label.includes("word_embeddings"));
}

Deno.test("logits, likeliest words and probabilities are those of the table in one piece", async () => {
  using whole = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2 });
  using sliced = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2, device });
  const name = "narrow_bert.embeddings.word_embeddings.weight";
  assert.deepEqual(await slicesOf(whole), [name]);
  assert.deepEqual(await slicesOf(sliced), ["[0:16]", "[16:32]", "[32:48]", "[48:61]"].map((rows) => name + rows));
  for (const narrow of ["absorbed", "projected"] as const) {
    const [one, other] = [await sliced.forward(inputs, { narrow }), await whole.forward(inputs, { narrow })];
    near(one.logits, other.logits, `logits, ${narrow}`);
  }
  const [one, other] = [await sliced.top_k(inputs, 7), await whole.top_k(inputs, 7)];
  assert.deepEqual(one.indices.data, other.indices.data);
  near(one.scores, other.scores, "scores");
  const labelled = { ...inputs, narrow_mask: undefined, labels: inputs.input_ids };
  const likely = await sliced.log_probabilities(labelled);
  near(likely.log_probabilities, (await whole.log_probabilities(labelled)).log_probabilities, "log-probabilities");
});

Deno.test("the readouts of a trunk are those of the table in one piece", async () => {
  const readouts = [topWords, wordLogits, wordProbabilities, labelLogits] as const;
  using whole = await Trunk.from_config(CONFIG, { readouts, seed: 4 });
  using sliced = await Trunk.from_config(CONFIG, { readouts, seed: 4, device });
  const asks = {
    top_words: { positions: [1, 2], top_k: 5 },
    word_logits: { positions: [0, 2] },
    word_probabilities: { positions: [0, 1, 2], words: [60, 17, 0] },
    label_logits: {},
  };
  const texts = input_ids.map((input_ids) => ({ tokens: { input_ids }, ask: asks }));
  const [found, expected] = [await sliced.answer(texts), await whole.answer(texts)];
  for (const [i, answers] of expected.entries()) {
    assert.deepEqual(found[i]!.top_words!.words, answers.top_words!.words);
    for (const [name, { values }] of Object.entries(answers)) {
      const got = found[i]![name as keyof typeof answers]!.values;
      assert.equal(got.length, values.length);
      Array.from(values).forEach((value, at) => {
        assert.ok(Math.abs(got[at]! - value) <= 1e-5 * (1 + Math.abs(value)), `${name}[${at}]: ${value}, ${got[at]}`);
      });
    }
  }
});

Deno.test("weights are the same bits after loading, saving and putting back, wherever they are in slices", async () => {
  using whole = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2 });
  using sliced = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2, device });
  const expected = await whole.state_dict();
  assert.deepEqual([...(await sliced.state_dict()).keys()], [...expected.keys()]);
  assert.deepEqual(await sliced.state_dict(), expected);
  assert.equal(sliced.weightBytes, whole.weightBytes);
  await inTemporaryFolder(async (folder) => {
    await sliced.save_pretrained(folder);
    using read = await NarrowBertForMaskedLM.from_pretrained(folder);
    assert.deepEqual(await read.state_dict(), expected);
    using again = await NarrowBertForMaskedLM.from_pretrained(folder, { device });
    assert.deepEqual(await again.state_dict(), expected);
    using other = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 9, device });
    const before = await other.forward(inputs);
    await other.load_state_dict(expected);
    assert.deepEqual(await other.state_dict(), expected);
    const { logits } = await other.forward(inputs);
    assert.notDeepEqual(logits.data, before.logits.data);
    assert.deepEqual(logits.data, (await sliced.forward(inputs)).logits.data);
  });
});

Deno.test("heads are pruned as in one piece, and models that share the weights see it", async () => {
  using whole = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2 });
  using sliced = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2, device });
  using shared = NarrowBertModel.share(sliced);
  const heads = { 0: [1], 3: [0, 2] };
  for (const model of [whole, sliced]) model.prune_heads(heads);
  near((await sliced.forward(inputs)).logits, (await whole.forward(inputs)).logits, "logits");
  assert.deepEqual(await sliced.state_dict(), await whole.state_dict());
  using base = NarrowBertModel.share(whole);
  const [one, other] = [await shared.forward(inputs), await base.forward(inputs)];
  near(one.last_hidden_state, other.last_hidden_state, "states");
});

Deno.test("words of 16 bits are in slices of twice as many rows, and give the same", async () => {
  const options = { seed: 2, device, dtype: "f16" } as const;
  if (!gpu.features.has("shader-f16")) {
    await assert.rejects(NarrowBertForMaskedLM.from_config(CONFIG, options), /lacks the feature shader-f16/);
    return;
  }
  using sliced = await NarrowBertForMaskedLM.from_config(CONFIG, options);
  assert.equal((await slicesOf(sliced)).length, 2);
  using whole = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 2, dtype: "f16" });
  assert.deepEqual(await sliced.state_dict(), await whole.state_dict());
  near((await sliced.forward(inputs)).logits, (await whole.forward(inputs)).logits, "logits");
  const [one, other] = [await sliced.top_k(inputs, 3), await whole.top_k(inputs, 3)];
  assert.deepEqual(one.indices.data, other.indices.data);
});

Deno.test("given word embeddings need no table, and all memory is given back", async () => {
  const live = gpu.buffers.liveBytes;
  {
    using whole = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 6 });
    using sliced = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 6, device });
    const inputs_embeds = input_ids.slice(0, 1).map((row) =>
      row.map((id) => Array.from({ length: 32 }, (_, c) => Math.sin(id + c)))
    );
    const [one, other] = [await sliced.forward({ inputs_embeds }), await whole.forward({ inputs_embeds })];
    near(one.logits, other.logits, "logits");
    near(
      (await sliced.forward({ input_ids: input_ids.slice(0, 1) })).logits,
      (await whole.forward({ input_ids: input_ids.slice(0, 1) })).logits,
      "logits of words",
    );
  }
  assert.equal(gpu.buffers.liveBytes, live);
});

/** A vocabulary whose table of 768,000 bytes no buffer of the device below holds; all else fits. */
const LARGE = new NarrowBertConfig({
  vocab_size: 24_000,
  hidden_size: 8,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 16,
  max_position_embeddings: 16,
  initializer_range: 0.3,
});

Deno.test("gradients that one buffer cannot bring back come in groups, with a teacher too", async () => {
  const groups = (sizes: number[], most: number) =>
    gradientGroups(sizes.map((elements) => ({ elements })), most).map(({ begin, end }) => [begin, end]);
  assert.deepEqual(groups([16, 16, 16], 256), [[0, 3]]);
  assert.deepEqual(groups([16, 16, 16], 255), [[0, 2], [2, 3]]);
  assert.deepEqual(groups([99, 1, 1, 99], 100), [[0, 1], [1, 3], [3, 4]]);
  assert.equal(gradientGroups([{ elements: 5 }], 1e6)[0], gradientGroups([{ elements: 7 }], 1e6)[0]);
  const small = await limitedDevice({ maxStorageBufferBindingSize: 2 ** 18, maxBufferSize: 2 ** 19 });
  const smallGpu = await requestGpu({ device: small });
  const input_ids = [[1, 7999, 8000, 8001, 15_999, 16_000, 23_999]];
  const call = { input_ids, labels: [[-100, -100, 9, -100, -100, 23_998, -100]] };
  const found = [];
  for (const device of [small, undefined]) {
    using model = await NarrowBertForMaskedLM.from_config(LARGE, { seed: 8, ...(device && { device }) });
    using teacher = await NarrowBertForMaskedLM.from_config(LARGE, { seed: 9, ...(device && { device }) });
    const options = { dropout: 0.1, seed: 5, teacher: { model: teacher } };
    found.push(await model.gradients(call, options));
  }
  const [one, other] = found as [Gradients, Gradients];
  near(one.loss, other.loss, "loss");
  assert.deepEqual(Object.keys(one.losses!), Object.keys(other.losses!));
  assert.deepEqual([...one.gradients.keys()], [...other.gradients.keys()]);
  for (const [name, gradient] of other.gradients) near(one.gradients.get(name)!, gradient, name);
  assert.equal(smallGpu.buffers.liveBytes, 0);
});

Deno.test("a device of small buffers holds a large vocabulary in slices, and names what it cannot hold", async () => {
  const small = await limitedDevice({ maxStorageBufferBindingSize: 2 ** 18 });
  using whole = await NarrowBertForMaskedLM.from_config(LARGE, { seed: 8 });
  using sliced = await NarrowBertForMaskedLM.from_config(LARGE, { seed: 8, device: small });
  assert.equal((await slicesOf(sliced)).length, 3);
  const words = { input_ids: [[1, 7999, 8000, 8001, 15_999, 16_000, 23_999]] };
  const call = { ...words, narrow_mask: [[0, 1, 0, 0, 0, 0, 1]] };
  near((await sliced.forward(call)).logits, (await whole.forward(call)).logits, "logits");
  const [one, other] = [await sliced.top_k(call, 9), await whole.top_k(call, 9)];
  assert.deepEqual(one.indices.data, other.indices.data);
  await assert.rejects(sliced.forward({ ...words, narrow_mask: [[1, 1, 1, 0, 0, 0, 0]] }), {
    name: "RangeError",
    message: 'Cannot run the model: "cls.predictions.decoder.out" [3, 24000] needs 288000 bytes in one buffer, this ' +
      "device allows 262144; use a smaller batch",
  });
  near((await sliced.forward(call)).logits, (await whole.forward(call)).logits, "logits after an error");
  // A matrix that is no table of words, and that nobody joined, must fit.
  const wide = LARGE.with({ intermediate_size: 10_000 });
  await assert.rejects(NarrowBertForMaskedLM.from_config(wide, { device: small }), {
    name: "RangeError",
    message:
      /^Cannot load weight "narrow_bert.encoder.layer.0.intermediate.dense.weight" \[8, 10000\]: it needs 320000 bytes in one buffer, this device allows 262144/,
  });
});
