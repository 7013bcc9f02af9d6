/** Loading models, and giving their memory back. */

import assert from "node:assert/strict";
import {
  CheckpointError,
  ConfigError,
  NarrowBertConfig,
  NarrowBertModel,
  readSafetensors,
  Tensor,
  writeSafetensors,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { warningsOf } from "./warnings.ts";
import { ownDevice } from "../gpu/own_device.ts";

const IDS = { input_ids: [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]] };
const NARROW = { ...IDS, narrow_mask: [[1, 0, 0, 1, 0], [0, 0, 1, 0, 0]] };

Deno.test("a path, a URL and files in memory give the same model", async () => {
  const url = goldenModel("base");
  const files = new Map<string, Uint8Array>();
  for (const file of ["config.json", "model.safetensors"]) files.set(file, await Deno.readFile(new URL(file, url)));
  const results = [];
  for (const where of [url, url.href, decodeURIComponent(url.pathname), files]) {
    using model = await NarrowBertModel.from_pretrained(where, { add_pooling_layer: false });
    results.push((await model.forward(NARROW)).last_hidden_state);
  }
  for (const result of results.slice(1)) assert.deepEqual(result, results[0]);
});

Deno.test("a base model without a pooler in its files says which option loads it", async () => {
  const message = /the pooler is missing: "narrow_bert.pooler.dense.weight".*set add_pooling_layer: false/;
  await assert.rejects(NarrowBertModel.from_pretrained(goldenModel("base")), { name: "CheckpointError", message });
});

Deno.test("a dtype that cannot be computed in is an error, before anything is read", async () => {
  const load = NarrowBertModel.from_pretrained("/nowhere", { dtype: "float32" as "f32" });
  const message = 'Cannot make a model with dtype "float32": it must be "f32", "f16", "auto", "fp32" or "fp16"';
  await assert.rejects(load, { name: "RangeError", message });
});

Deno.test("a new head that is no seed is an error, before anything is read, and so is a wrong seed", async () => {
  const rule = "new_head must be true, false or a seed, a whole number from 0 below 2^32, got";
  for (
    const [value, name, found] of [
      ["yes", "TypeError", '"yes"'],
      [null, "TypeError", "null"],
      [{}, "TypeError", "an object"],
      [-1, "RangeError", "-1"],
      [0.5, "RangeError", "0.5"],
      [NaN, "RangeError", "NaN"],
      [2 ** 32, "RangeError", "4294967296"],
    ]
  ) {
    const load = NarrowBertModel.from_pretrained("/nowhere", { new_head: value as number });
    await assert.rejects(load, { name: name as string, message: `Cannot load a model: ${rule} ${found}` });
  }
  const config = await NarrowBertConfig.from_pretrained(goldenModel("base"));
  for (const seed of [-1, 0.5, NaN]) {
    await assert.rejects(NarrowBertModel.from_config(config, { seed }), {
      name: "RangeError",
      message: `Cannot make random weights: seed must be a whole number from 0 to 4294967295, got ${seed}`,
    });
  }
});

Deno.test("a constructor takes the weights of a loaded model and nothing else", () => {
  const message = "Cannot make a NarrowBertModel: weights must be those of a loaded model, got another object; use " +
    "from_pretrained or from_config";
  assert.throws(() => new NarrowBertModel(new NarrowBertConfig() as never), { name: "TypeError", message });
  assert.throws(
    () => new NarrowBertModel(undefined as never),
    /weights must be those of a loaded model, got undefined/,
  );
});

Deno.test("an aborted signal stops the loading", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.created;
  const signal = AbortSignal.abort(new Error("not now"));
  await assert.rejects(NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { signal }), { message: "not now" });
  assert.equal(buffers.created, before);
});

/** Config and weights of the golden base model in memory, one of them changed. */
async function filesWith(
  { config = {}, change }: { config?: Record<string, unknown>; change?: (name: string, data: Float32Array) => void },
): Promise<Map<string, Uint8Array>> {
  const folder = goldenModel("base");
  const json = JSON.parse(await Deno.readTextFile(new URL("config.json", folder)));
  const file = await readSafetensors(new URL("model.safetensors", folder));
  for (const [name, { data }] of file) change?.(name, data as Float32Array);
  return new Map([
    ["config.json", new TextEncoder().encode(JSON.stringify({ ...json, ...config }))],
    ["model.safetensors", await writeSafetensors(file)],
  ]);
}

Deno.test("what is wrong with config or weights is told before GPU memory is touched, but for their numbers", async () => {
  const device = await ownDevice();
  const gpu = await requestGpu({ device });
  const last = "encoder_narrow.layer.2.output.LayerNorm.bias";
  const poison = (name: string, data: Float32Array) => void (name === last && data.fill(NaN, 3, 4));
  const notFinite = new RegExp(`"${last.replaceAll(".", "\\.")}".*\\b3\\b.*NaN`);
  const wrong: [Map<string, Uint8Array>, new () => Error, RegExp][] = [
    [await filesWith({ config: { hidden_size: 0 } }), ConfigError, /hidden_size must be a whole number from 1/],
    [
      await filesWith({ config: { intermediate_size: 38 } }),
      CheckpointError,
      /must be \[38, 32\] by the config, got \[37, 32\]/,
    ],
    [await filesWith({ config: { num_hidden_layers: 6 } }), CheckpointError, /there must be 6 layers/],
    [await filesWith({ change: poison }), CheckpointError, notFinite],
  ];
  const { buffers: made, ...expected } = gpu.counts;
  for (const [files, ErrorClass, message] of wrong) {
    const load = NarrowBertModel.from_pretrained(files, { add_pooling_layer: false, device });
    await assert.rejects(load, (error: unknown) => {
      assert.ok(error instanceof ErrorClass, String(error));
      assert.match(error.message, message);
      return true;
    });
    const { buffers, ...counts } = gpu.counts;
    assert.deepEqual(counts, expected, message.source);
    // The numbers are checked as they are read, which is once, on their way to the GPU; what got there is freed.
    assert.equal(buffers > made, message === notFinite, message.source);
  }
});

Deno.test("weights without a use are a warning, but for a head where only the body is loaded, an error where strict", async () => {
  const load = (strict: boolean) =>
    NarrowBertModel.from_pretrained(goldenModel("masked-lm"), { add_pooling_layer: false, strict });
  assert.deepEqual(await warningsOf(async () => (await load(false)).dispose()), []);
  const file = await readSafetensors(new URL("model.safetensors", goldenModel("masked-lm")));
  const extra = { dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
  const files = new Map([
    ["config.json", await Deno.readFile(new URL("config.json", goldenModel("masked-lm")))],
    ["model.safetensors", await writeSafetensors([...file, ["adapter.weight", extra]])],
  ]);
  const other = await warningsOf(async () =>
    (await NarrowBertModel.from_pretrained(files, { add_pooling_layer: false })).dispose()
  );
  assert.equal(other.length, 1);
  assert.match(other[0]!, /^narrowbert: .*no use for "adapter\.weight"$/);
  await assert.rejects(load(true), { name: "CheckpointError", message: /no use for .*strict: false ignores them/ });
});

Deno.test("the ordinary mode of a narrow model warns once per model", async () => {
  const config = await NarrowBertConfig.from_pretrained(goldenModel("base"));
  using first = await NarrowBertModel.from_config(config, { add_pooling_layer: false });
  using second = await NarrowBertModel.from_config(config, { add_pooling_layer: false });
  for (const model of [first, second]) {
    const warnings = await warningsOf(async () => {
      for (let i = 0; i < 3; i++) await model.forward(IDS);
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /no narrow_mask was given.*all 5 layers.*2 full layers.*Pass narrow_mask/);
  }
  const full = config.with({ full_length_layers: 5 });
  using bert = await NarrowBertModel.from_config(full, { add_pooling_layer: false });
  assert.deepEqual(await warningsOf(() => bert.forward(IDS)), []);
});

const SMALL = new NarrowBertConfig({
  vocab_size: 120,
  hidden_size: 60,
  num_hidden_layers: 3,
  full_length_layers: 1,
  num_attention_heads: 4,
  intermediate_size: 70,
  max_position_embeddings: 40,
  pad_token_id: 7,
});

Deno.test("a model takes the GPU bytes that it says, and gives them back once", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  const model = await NarrowBertModel.from_config(SMALL);
  assert.equal(buffers.liveBytes - before, model.weightBytes);
  await model.forward(IDS);
  model.dispose();
  model.dispose();
  assert.equal(buffers.liveBytes, before);
  const disposed = /^DisposedError: Cannot use this NarrowBertModel: it was disposed$/;
  await assert.rejects(model.forward(IDS), disposed);
  await assert.rejects(model.state_dict(), disposed);
  assert.throws(() => model.prune_heads({ 0: [0] }), disposed);
  {
    await using other = await NarrowBertModel.from_config(SMALL);
    assert.ok(buffers.liveBytes > before && other.weightBytes > 0);
  }
  assert.equal(buffers.liveBytes, before);
});

Deno.test("a call under way when its model is disposed gives its own numbers or an error, never another model's", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  const model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  const { last_hidden_state: expected } = await model.forward(NARROW);
  // From right away to some turns of the event loop later: before, while and after the call is submitted.
  for (let turns = 0; turns < 12; turns++) {
    const doomed = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
    if (turns % 2 === 0) await doomed.forward(NARROW);
    const call = doomed.forward(NARROW).then(({ last_hidden_state }) => last_hidden_state, (error: Error) => error);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    doomed.dispose();
    using _other = await NarrowBertModel.from_config(doomed.config, { add_pooling_layer: false, seed: turns });
    const result = await call;
    if (result instanceof Tensor) assert.deepEqual(result, expected, `${turns} turns`);
    else assert.match(result.message, /disposed/, `${turns} turns`);
  }
  model.dispose();
  assert.equal(buffers.liveBytes, before);
});

for (const turns of [1, 3, 6, 9]) {
  Deno.test(`a call disposed of ${turns} turns into compiling never computes with another model's weights`, async () => {
    const device = await ownDevice(); // nothing is compiled for it yet
    const options = { add_pooling_layer: false, device };
    const doomed = await NarrowBertModel.from_pretrained(goldenModel("base"), options);
    const many = { input_ids: [Array.from({ length: 60 }, (_, i) => i)], narrow_mask: [new Array<number>(60).fill(1)] };
    const few = { input_ids: [[1, 2, 3]], narrow_mask: [[0, 1, 0]] };
    await doomed.forward(many, { narrow: "projected" });
    // Few rows take other variants of the kernels, not compiled yet, but the buffers and bind groups of many.
    const call = doomed.forward(few, { narrow: "projected" });
    const outcome = call.then(({ last_hidden_state }) => last_hidden_state, (error: Error) => error);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    doomed.dispose();
    using _other = await NarrowBertModel.from_config(doomed.config, { ...options, seed: 9 });
    const result = await outcome;
    using model = await NarrowBertModel.from_pretrained(goldenModel("base"), options);
    if (result instanceof Error) assert.match(result.message, /disposed/);
    else assert.deepEqual(result, (await model.forward(few, { narrow: "projected" })).last_hidden_state);
  });
}

Deno.test("recorded values hold every kernel's result by its path", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const { recorded, pooler_output } = await model.forward(IDS, { recordValues: true });
  assert.deepEqual(recorded!.get("narrow_bert.embeddings.out")!.dims, [10, 32]);
  assert.deepEqual(recorded!.get("narrow_bert.pooler.dense.out")!.data, pooler_output!.data);
  const plain = await model.forward(IDS);
  assert.equal(plain.recorded, undefined);
  assert.deepEqual(plain.pooler_output, pooler_output);
});

Deno.test("an unknown form, or absorption where keys meet distances, is an error", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("relative-key-query"), { add_pooling_layer: false });
  const call = (narrow: string) => model.forward(NARROW, { narrow: narrow as "auto" });
  await assert.rejects(call("fast"), {
    name: "RangeError",
    message: /narrow must be "auto", "absorbed" or "projected", got "fast"/,
  });
  await assert.rejects(call("absorbed"), { name: "RangeError", message: /relative_key_query.*it takes "projected"/ });
  assert.deepEqual(await call("auto"), await call("projected"));
});

Deno.test("a buffer that the device cannot make fails the loading, and no other model's call", async () => {
  const device = await ownDevice();
  using healthy = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { device });
  const { buffers } = await requestGpu({ device });
  const before = buffers.liveBytes;
  const createBuffer = device.createBuffer.bind(device);
  let count = 0;
  // As large as no device allows: WebGPU reports it, and hands out a buffer that does not work.
  device.createBuffer = (descriptor) => createBuffer(++count === 3 ? { ...descriptor, size: 2 ** 40 } : descriptor);
  const loading = NarrowBertModel.from_pretrained(goldenModel("wide"), { device, add_pooling_layer: false });
  await assert.rejects(loading, /^Error: Cannot load a model to the GPU: /);
  device.createBuffer = createBuffer;
  assert.equal(buffers.liveBytes, before);
  await healthy.forward(IDS);
});
