import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { NarrowBertModel } from "../../src/heads/narrow_bert_model.ts";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import { SHIPPED_MLM } from "./fakes.ts";
import { assertClose } from "../properties/batches.ts";

const TEXTS = [
  "a large animal with a long trunk",
  "top priority",
  "a menu listing fixed meals at fixed prices",
  "king",
];

/** Runs `body`, and gives what the library warned of meanwhile. */
async function warnings(body: () => Promise<void>): Promise<string[]> {
  const { warn } = console;
  const seen: string[] = [];
  console.warn = (message: string) => void seen.push(message);
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return seen;
}

Deno.test("mean is the mean of all rows, cls the first of them, and a NarrowBERT never runs as an ordinary BERT", async () => {
  const seen = await warnings(async () => {
    using embed = await pipeline("feature-extraction", SHIPPED_MLM);
    const states = await embed(TEXTS);
    const means = await embed(TEXTS, { pooling: "mean" });
    const firsts = await embed(TEXTS, { pooling: "cls" });
    const lasts = await embed(TEXTS, { pooling: "lasttoken" });
    const several = await embed(TEXTS, { pooling: ["max", "cls"] });
    for (const [i, state] of states.entries()) {
      const [rows] = state.tolist() as number[][][];
      const mean = rows![0]!.map((_, c) => rows!.reduce((sum, row) => sum + row[c]!, 0) / rows!.length);
      assertClose(means[i]!.data as Float32Array, mean, 1e-5, `mean of ${TEXTS[i]}`);
      assertClose(firsts[i]!.data as Float32Array, rows![0]!, 1e-5, `first row of ${TEXTS[i]}`);
      assertClose(lasts[i]!.data as Float32Array, rows!.at(-1)!, 1e-5, `last row of ${TEXTS[i]}`);
      const most = rows![0]!.map((_, c) => Math.max(...rows!.map((row) => row[c]!)));
      assertClose(several[i]!.data as Float32Array, [...most, ...rows![0]!], 1e-5, `two poolings of ${TEXTS[i]}`);
    }
  });
  assert.deepEqual(seen.filter((message) => message.includes("narrow_mask")), []);
});

Deno.test("a list and a stream give what texts give alone", async () => {
  using embed = await pipeline("feature-extraction", SHIPPED_MLM);
  for (const pooling of ["none", "mean", "cls", "weightedmean", "lasttoken"] as const) {
    const options = { pooling, normalize: true };
    const list = await embed(TEXTS, options);
    const streamed = await Array.fromAsync(embed.stream(TEXTS, options));
    for (const [i, text] of TEXTS.entries()) {
      const alone = await embed(text, options);
      for (const other of [list[i]!, streamed[i]!]) {
        assert.deepEqual(other.dims, alone.dims);
        assertClose(other.data as Float32Array, alone.data as Float32Array, 1e-5, `${pooling} of ${text}`);
      }
    }
  }
});

Deno.test("texts of like meaning have like embeddings", async () => {
  using embed = await pipeline("feature-extraction");
  const options = { pooling: "mean", normalize: true } as const;
  const [elephant, rhino, tax] = await embed(
    [
      "a large animal with a long trunk",
      "a big animal with a horn on its nose",
      "money that is paid to the government",
    ],
    options,
  );
  const alike = (a: typeof elephant, b: typeof elephant) =>
    (a!.data as Float32Array).reduce((sum, x, i) => sum + x * Number(b!.data[i]), 0);
  assert(alike(elephant, rhino) > alike(elephant, tax));
});

Deno.test("mean_pooling takes the rows of narrow_mask, gives zeros where there are none, and wants no pooler", async () => {
  using model = await NarrowBertModel.from_pretrained(SHIPPED_MLM, { add_pooling_layer: false });
  const inputs = { input_ids: [[2, 340, 1484, 3], [2, 340, 3, 0]], attention_mask: [[1, 1, 1, 1], [1, 1, 1, 0]] };
  const narrow_mask = [[0, 1, 1, 0], [0, 0, 0, 0]];
  const means = await model.mean_pooling({ ...inputs, narrow_mask });
  const { last_hidden_state } = await model.forward({ ...inputs, narrow_mask });
  const [[first, second]] = last_hidden_state.tolist() as [[number[], number[]]];
  const [mean, none] = means.tolist() as [number[], number[]];
  assertClose(mean, first.map((x, i) => (x + second[i]!) / 2), 1e-6, "mean of two rows");
  assert.deepEqual(none, first.map(() => 0));
  assert.deepEqual((await model.mean_pooling({ input_ids: [] })).dims, [0, 128]);
  await assert.rejects(() => model.mean_pooling({ ...inputs, labels: [0, 1] }), InputError);
  using pooled = await NarrowBertModel.from_config(model.config, { seed: 1 });
  await assert.rejects(() => pooled.mean_pooling(inputs), /load NarrowBertModel with add_pooling_layer: false/);
});

Deno.test("a text that is tokenized already is embedded as its text is, and refused if it does not fit", async () => {
  using embed = await pipeline("feature-extraction");
  assert.equal(embed.max_seq_length, 96);
  const pooled = { pooling: "mean" } as const;
  const input_ids = embed.tokenizer.encode("a large animal");
  const [text, ids] = await embed(["a large animal", { input_ids }], pooled);
  assert.deepEqual(ids!.data, text!.data);
  const cases: [number[], RegExp][] = [
    [[], /^InputError: Cannot embed the text: its input_ids must be whole numbers from 0, one at least, got none$/],
    [[1.5], /got 1.5$/],
    [[-1], /got -1$/],
    [[8000], /^InputError: .*has the id 8000, and the model knows 8000 tokens/],
    [new Array(97).fill(5), /^InputError: .*the model takes 96 tokens, got 97/],
  ];
  for (const [bad, message] of cases) await assert.rejects(embed({ input_ids: bad }, pooled), message);
  const long = Array.from({ length: 100 }, (_, i) => 10 + i);
  const cut = await embed({ input_ids: long }, { ...pooled, truncation: true, truncation_side: "left" });
  assert.deepEqual(cut.data, (await embed({ input_ids: long.slice(4) }, pooled)).data);
});

Deno.test("a text is cut at the end that is asked for", async () => {
  using embed = await pipeline("feature-extraction");
  const words = Array.from({ length: 200 }, (_, i) => i % 2 ? "king" : "animal");
  const pooled = { pooling: "mean", truncation: true } as const;
  const left = await embed(["tiger", ...words].join(" "), { ...pooled, truncation_side: "left" });
  assert.deepEqual(left.data, (await embed(words.slice(-94).join(" "), pooled)).data);
  const right = await embed([...words, "tiger"].join(" "), { ...pooled, truncation_side: "right" });
  assert.deepEqual(right.data, (await embed(words.join(" "), pooled)).data);
  await assert.rejects(embed("a", { truncation_side: "middle" as never }), /truncation_side must be one of/);
});
