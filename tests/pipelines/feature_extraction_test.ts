import assert from "node:assert/strict";
import { ConfigError, InputError } from "../../src/base/errors.ts";
import type { Tensor } from "../../src/base/tensor.ts";
import { BATCH_TOKENS, PADDED } from "../../src/pipelines/engine/batches.ts";
import { createFeatureExtraction } from "../../src/pipelines/tasks/feature_extraction.ts";
import { NO_SENTENCE_CONFIG, type SentenceConfig } from "../../src/heads/sentence/sentence_config.ts";
import { normalized } from "../../src/heads/sentence/vector_modules.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { shippedFolder } from "../text/folders.ts";
import { FakeEncoder, mean, state, WIDTH } from "./fake_encoder.ts";
import { shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();
const { tokenizer: SHIPPED } = await readTokenizerFiles(shippedFolder("mlm"));
const lengthOf = ({ data }: Tensor) => Math.sqrt(Array.from(data, Number).reduce((sum, x) => sum + x * x, 0));
const float32 = (values: number[]) => [...Float32Array.from(values)];

function fake(sentence: Partial<SentenceConfig> = {}) {
  const model = new FakeEncoder();
  return { model, embed: createFeatureExtraction({ model, tokenizer }, { ...NO_SENTENCE_CONFIG, ...sentence }) };
}

const VECTOR = "sentence_embedding" as const;
const NORMALIZE = { kind: "Normalize", feature: VECTOR, inputs: null, outputs: null, apply: normalized };

/** The sums of neighbours: half as many numbers. */
const HALVES = {
  kind: "Dense",
  feature: VECTOR,
  inputs: WIDTH,
  outputs: WIDTH / 2,
  apply: (x: Float64Array) => Float64Array.from({ length: WIDTH / 2 }, (_, i) => x[2 * i]! + x[2 * i + 1]!),
};

Deno.test("a text gives a tensor, a list an array of tensors, a stream one after the other", async () => {
  const { embed } = fake();
  const one = await embed("person", { pooling: "mean" });
  assert.deepEqual([one.type, one.dims], ["float32", [1, WIDTH]]);
  const [first, second, ...more] = await embed(["person", "person horse"], { pooling: "mean" });
  assert.deepEqual([first, more], [one, []]);
  const streamed = await Array.fromAsync(embed.stream(["person", "person horse"], { pooling: "mean" }));
  assert.deepEqual(streamed, [one, second]);
  assert.deepEqual(await embed([], { precision: "int8" }), []);
});

Deno.test("without pooling every token has its embedding, and padding has none", async () => {
  const { embed, model } = fake();
  const [short, long] = await embed(["person", "person horse"]);
  assert.deepEqual([short!.dims, long!.dims], [[1, 3, WIDTH], [1, 4, WIDTH]]);
  assert.deepEqual(short!.tolist(), [[2, 340, 3].map(state).map(float32)]);
  assert.deepEqual(model.calls[0]!.narrow_mask, model.calls[0]!.attention_mask);
});

Deno.test("without pooling one long text does not widen the embeddings of many short ones", async () => {
  const { embed, model } = fake();
  const embeddings = await embed(["person ".repeat(90), ...new Array(1000).fill("person")]);
  assert.deepEqual([embeddings.length, embeddings[0]!.dims[1], embeddings[1000]!.dims[1]], [1001, 92, 3]);
  for (const { input_ids } of model.calls) {
    const tokens = input_ids.length * input_ids[0]!.length;
    assert(tokens <= PADDED * BATCH_TOKENS, `${input_ids.length} texts make ${tokens} tokens with padding`);
  }
});

Deno.test("mean takes all tokens, cls asks for the first row alone", async () => {
  const { embed, model } = fake();
  const [, long] = await embed(["person", "person horse"], { pooling: "mean" });
  assert.deepEqual(long!.tolist(), [float32(mean([2, 340, 1484, 3].map(state)))]);
  const [first] = await embed(["person", "person horse"], { pooling: "cls" });
  assert.deepEqual(first!.tolist(), [float32(state(2, 0))]);
  assert.deepEqual(model.calls[1]!.narrow_mask, [[1, 0, 0, 0], [1, 0, 0, 0]]);
});

Deno.test("the model's files choose pooling, normalization and length; options go first", async () => {
  const { embed } = fake({ modes: ["mean"], modules: [NORMALIZE], maximum: 4 });
  const own = await embed("person");
  assert.deepEqual(own.dims, [1, WIDTH]);
  assert(Math.abs(lengthOf(own) - 1) < 1e-6);
  assert((lengthOf(await embed("person", { normalize: false }))) > 2);
  assert.deepEqual((await embed("person", { pooling: "none" })).dims, [1, 3, WIDTH]);
  await assert.rejects(() => embed("person horse person"), /the model takes 4 tokens, got 5/);
  assert.deepEqual(await embed("person horse person", { truncation: true }), await embed("person horse"));
});

Deno.test("a module of the model that is not known is an error until a pooling is chosen", async () => {
  const { embed } = fake({ missing: "a module LSTM" });
  await assert.rejects(() => embed("person"), (error) => {
    assert(error instanceof ConfigError);
    assert.match(error.message, /they ask for a module LSTM; none, cls, max, .* choose one by pooling/);
    return true;
  });
  assert.deepEqual((await embed("person", { pooling: "cls" })).dims, [1, WIDTH]);
});

Deno.test("normalize scales each embedding to length 1, after the dimensions are cut", async () => {
  const { embed } = fake();
  const whole = await embed("person", { pooling: "mean" });
  const cut = await embed("person", { pooling: "mean", dimensions: 5 });
  assert.deepEqual(cut.data, (whole.data as Float32Array).slice(0, 5));
  const unit = await embed("person", { pooling: "mean", dimensions: 5, normalize: true });
  assert.deepEqual(unit.dims, [1, 5]);
  unit.data.forEach((x, i) => assert(Math.abs(Number(x) - Number(cut.data[i]) / lengthOf(cut)) < 1e-7));
  const tokens = await embed("person", { normalize: true });
  for (const row of (tokens.tolist() as number[][][])[0]!) assert(Math.abs(Math.hypot(...row) - 1) < 1e-6);
});

Deno.test("modules behind the pooling come in their order, then dimensions, then normalize", async () => {
  const { embed } = fake({ modes: ["cls"], modules: [HALVES, NORMALIZE], dimensions: 3 });
  const halves = HALVES.apply(new Float64Array(Float32Array.from(state(2, 0))));
  const unit = normalized(halves);
  const data = async (options: object) => [...(await embed("person", options)).data as Float32Array];
  assert.deepEqual(await data({}), float32([...unit.subarray(0, 3)]));
  assert.deepEqual(await data({ normalize: true }), float32([...normalized(unit.subarray(0, 3))]));
  assert.deepEqual(await data({ normalize: false, dimensions: 8 }), float32([...halves]));
  assert.deepEqual((await embed("person", { pooling: "none" })).dims, [1, 3, 3]);
  await assert.rejects(
    () => embed("person", { dimensions: 9 }),
    /dimensions must be a whole number from 1 to 8, got 9/,
  );
  await assert.rejects(() => embed("person", { pooling: ["mean", "cls"] }), {
    name: "RangeError",
    message: /the model's Dense takes 16 numbers, and pooling mean, cls gives 32; leave out pooling/,
  });
});

Deno.test("a prompt stands before each text: the default one, a named one, one of the caller, or none", async () => {
  const prompts = { query: "person ", none: "" };
  const { embed } = fake({ modes: ["mean"], prompts, defaultPrompt: "query" });
  assert.deepEqual([embed.prompts, embed.default_prompt_name], [prompts, "query"]);
  const whole = await embed("person horse", { prompt: "" });
  assert.deepEqual(await embed("horse"), whole);
  assert.deepEqual(await embed("horse", { prompt_name: "query" }), whole);
  assert.deepEqual(await embed("horse", { prompt: "person " }), whole);
  assert.deepEqual(await Array.fromAsync(embed.stream(["horse"])), [whole]);
  assert.deepEqual(await embed("horse", { prompt_name: "none" }), await embed("horse", { prompt: "" }));
  assert.notDeepEqual(await embed("horse", { prompt: "" }), whole);
  await assert.rejects(() => embed("horse", { prompt: 3 as unknown as string }), TypeError);
  await assert.rejects(() => embed(3 as unknown as string), /must be a string/);
});

Deno.test("a text of which nothing is left behind a prompt that is left out is refused, and it alone", async () => {
  const { embed } = fake({ modes: ["cls"], prompts: { query: "perso" }, defaultPrompt: "query", includePrompt: false });
  // By itself the prompt has several word pieces, and one together with this text, which leaves none behind them.
  const from = tokenizer.encode("perso").length - 1;
  const whole = tokenizer.encode("perso horse dog");
  const found = await Array.fromAsync(embed.stream([" horse dog", "n"], { errors: "yield" }));
  assert.deepEqual([...(found[0] as Tensor).data as Float32Array], float32(state(whole[from]!, from)));
  assert(found[1] instanceof InputError);
  assert.match(
    found[1].message,
    /Cannot embed text 2: it must have a token for the pooling cls, and nothing is left of "n"/,
  );
});

Deno.test("a text without tokens, or behind whose prompt none is left, has zeros where a pooling is a sum, as in Python", async () => {
  const bare = new BertTokenizer({
    location: "folder",
    config: { tokenizer_class: "PreTrainedTokenizerFast" },
    tokenizer: { ...SHIPPED, post_processor: null },
  });
  const embedding = (sentence: Partial<SentenceConfig>) =>
    createFeatureExtraction({ model: new FakeEncoder(), tokenizer: bare }, { ...NO_SENTENCE_CONFIG, ...sentence });
  const zeros = new Array(WIDTH).fill(0);
  for (const mode of ["mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const) {
    assert.deepEqual((await embedding({ modes: [mode] })("")).tolist(), [zeros], mode);
    const left = embedding({ modes: [mode], prompts: { q: "person " }, defaultPrompt: "q", includePrompt: false });
    assert.deepEqual((await left("")).tolist(), [zeros], mode);
  }
  const [word, none] = await embedding({ modes: ["mean"] })(["person", ""]);
  assert.deepEqual([word!.tolist(), none!.tolist()], [[float32(state(340, 0))], [zeros]]);
  const both = embedding({ modes: ["mean", "lasttoken"], dimensions: 20 });
  assert.deepEqual((await both("")).tolist(), [new Array(20).fill(0)]);
  for (const modes of [["cls"], ["mean", "max"], []] as const) {
    await assert.rejects(() => embedding({ modes })(""), {
      name: "InputError",
      message: /it must have a token for the pooling (cls|max|none), and nothing is left of ""/,
    });
  }
});

Deno.test("modules before the pooling change each token's state, whatever pooling is asked for, but none", async () => {
  const changed = { ...HALVES, feature: "token_embeddings" as const };
  const { embed } = fake({ modes: ["mean"], tokenModules: [changed] });
  const rows = [2, 340, 3].map((id, place) => [...changed.apply(Float64Array.from(float32(state(id, place))))]);
  assert.deepEqual((await embed("person")).tolist(), [float32(mean(rows))]);
  assert.deepEqual((await embed("person", { pooling: "cls" })).tolist(), [float32(rows[0]!)]);
  assert.deepEqual((await embed("person", { pooling: ["lasttoken", "cls"], dimensions: 10 })).tolist(), [
    float32([...rows[2]!, ...rows[0]!].slice(0, 10)),
  ]);
  assert.deepEqual((await embed("person", { pooling: "none" })).dims, [1, 3, WIDTH]);
  await assert.rejects(
    () => embed("person", { dimensions: 9 }),
    /dimensions must be a whole number from 1 to 8, got 9/,
  );
});

Deno.test("similarity compares embeddings as the model's files say", async () => {
  const { embed } = fake({ modes: ["mean"], similarity: "dot" });
  assert.equal(embed.similarity_fn_name, "dot");
  const [one, other] = await embed(["person", "horse"]);
  const numbers = Array.from(other!.data, Number);
  const dot = Array.from(one!.data, Number).reduce((sum, x, i) => sum + x * numbers[i]!, 0);
  assert.deepEqual(embed.similarity([one!], [other!, one!]).map((row) => row.length), [2]);
  assert(Math.abs(embed.similarity([one!], [other!])[0]![0]! - dot) < 1e-3);
  assert.deepEqual(embed.similarity([], []), []);
  const half = await embed("horse", { dimensions: 8 });
  assert.throws(() => embed.similarity([one!], [half]), /embeddings must have as many numbers as others, got 16 and 8/);
  const tokens = await embed("horse", { pooling: "none" });
  assert.throws(
    () => embed.similarity([tokens], []),
    /embeddings\[0\] must be a float32 Tensor \[1, H\], or numbers, got float32 \[1, 3, 16\]/,
  );
});

Deno.test("int8 and uint8 take their ranges from the list, or as they are given", async () => {
  const { embed } = fake();
  const texts = ["person", "horse", "person horse"];
  const floats = await embed(texts, { pooling: "mean" });
  const steps = await embed(texts, { pooling: "mean", precision: "uint8" });
  for (let i = 0; i < WIDTH; i++) {
    const values = floats.map(({ data }) => Number(data[i]));
    const [least, most] = [Math.min(...values), Math.max(...values)];
    values.forEach((x, text) => {
      assert(Math.abs(Number(steps[text]!.data[i]) - (x - least) / (most - least) * 255) < 1.001);
    });
  }
  const ranges = [new Array(WIDTH).fill(-10), new Array(WIDTH).fill(10)] as const;
  const options = { pooling: "mean", precision: "int8", ranges } as const;
  const given = await embed(texts, options);
  assert.deepEqual(given.map(({ type, dims }) => [type, dims]), texts.map(() => ["int8", [1, WIDTH]]));
  assert.deepEqual(await embed(texts[1]!, options), given[1]);
  assert.deepEqual(await Array.fromAsync(embed.stream(texts, options)), given);
});

Deno.test("binary is bytes of signs, of one text, a list and a stream", async () => {
  const { embed } = fake();
  const floats = (await embed("person", { pooling: "mean" })).tolist() as number[][];
  const signs = floats[0]!.map((x) => Number(x > 0)).join("");
  const one = await embed("person", { pooling: "mean", precision: "ubinary" });
  assert.deepEqual([one.type, one.dims], ["uint8", [1, 2]]);
  const [bytes] = one.tolist() as number[][];
  assert.equal(bytes!.map((byte) => byte.toString(2).padStart(8, "0")).join(""), signs);
  assert.deepEqual(await embed(["person"], { pooling: "mean", precision: "ubinary" }), [one]);
  assert.deepEqual(await Array.fromAsync(embed.stream(["person"], { pooling: "mean", precision: "ubinary" })), [one]);
});

Deno.test("options that cannot be are refused before the model runs", async () => {
  const { embed, model } = fake();
  const refused = (options: object, message: RegExp) =>
    assert.rejects(() => embed("person", options), (error) => {
      assert(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  await refused({ pooling: "median" }, /pooling must be one of none, cls, max, mean, .*, got "median"/);
  await refused({ pooling: [] }, /pooling must be one of .*, got \[\]/);
  await refused({ pooling: ["mean", "none"] }, /pooling must be one of .*, got \["mean","none"\]/);
  await refused(
    { prompt_name: "q" },
    /prompt_name must be a prompt of the model's files, got "q"; they have "query", "doc/,
  );
  await refused({ prompt: "a", prompt_name: "query" }, /it must be prompt or prompt_name, got both/);
  await refused({ precision: "int4" }, /precision must be one of float32, .*, got "int4"/);
  for (const dimensions of [0, 17, 1.5]) {
    await refused({ dimensions }, /dimensions must be a whole number from 1 to 16/);
  }
  await refused({ dimensions: 12, precision: "binary" }, /dimensions must be a multiple of 8/);
  await refused({ ranges: [[0], [1]], precision: "int8" }, /ranges must be two arrays of 16 numbers/);
  await assert.rejects(() => embed("person", { poling: "mean" } as object), /there is no option "poling"/);
  assert.throws(() => embed.stream(["person"], { precision: "int8" }), /a stream as int8 without ranges/);
  await assert.rejects(() => embed("person ".repeat(2000)), InputError);
  assert.deepEqual(model.calls, []);
});

Deno.test("convert_to_tensor gives one tensor of a list", async () => {
  const { embed } = fake();
  const texts = ["person", "horse", "person horse"];
  const each = await embed(texts, { pooling: "mean" });
  const all = await embed(texts, { pooling: "mean", convert_to_tensor: true });
  assert.deepEqual(all.tolist(), each.flatMap((one) => one.tolist()));
  for (const [precision, type] of [["float32", "float32"], ["ubinary", "uint8"], ["int8", "int8"]] as const) {
    const none = await embed([], { pooling: "mean", precision, convert_to_tensor: true });
    assert.deepEqual([none.type, none.dims], [type, [0, 0]]);
  }
  const call = (input: unknown, options: object) =>
    (embed as unknown as (input: unknown, options: object) => Promise<unknown>)(input, {
      pooling: "mean",
      convert_to_tensor: true,
      ...options,
    });
  await assert.rejects(call("person", {}), /convert_to_tensor is for a list whose errors are thrown, got one text/);
  await assert.rejects(call(texts, { errors: "yield" }), /got errors "yield"/);
  await assert.rejects(
    call(texts, { pooling: "none" }),
    /must have one embedding a text, and pooling "none" gives more/,
  );
  assert.throws(() => embed.stream(texts, { convert_to_tensor: true } as never), /got a stream/);
});
