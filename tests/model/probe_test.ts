/** `verify: "probe"`: right devices pass, wrong ones are refused with the part that is wrong, and its twin is right. */

import assert from "node:assert/strict";
import {
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  pipeline,
  ProbeError,
  topWords,
  Trunk,
  writeSafetensors,
} from "../../mod.ts";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { bodyStates, type TwinState } from "../../src/model/probe/body_twin.ts";
import { depthOf, LOAD_PROBE } from "../../src/model/probe/probe.ts";
import { probeBatch } from "../../src/model/probe/probe_batch.ts";
import type { Rows } from "../../src/model/probe/rows.ts";
import { roundingBlur } from "../../src/model/probe/rounding.ts";
import { Twin } from "../../src/model/probe/twin.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { adapterHas, ownDevice } from "../gpu/own_device.ts";
import { filesOf, HEADS, randomModel } from "../properties/random_models.ts";
import { parameterShapes } from "./parts.ts";
import { lastState } from "../reference/model/body.ts";
import { rowsOf } from "../reference/model/state.ts";

const CLASSES = {
  masked_lm: NarrowBertForMaskedLM,
  sequence_classification: NarrowBertForSequenceClassification,
  token_classification: NarrowBertForTokenClassification,
  multiple_choice: NarrowBertForMultipleChoice,
} as unknown as Record<string, typeof NarrowBertModel>;

/** Random models of every head, position type and activation, some with pruned heads. */
const SEEDS = Array.from({ length: 48 }, (_, seed) => seed);

const classOf = ({ call }: ReturnType<typeof randomModel>) => CLASSES[HEADS[call.task]]!;

Deno.test("the twin of a body gives the last state that the float64 model of the tests gives", () => {
  for (const seed of SEEDS) {
    const { config, weights } = randomModel(seed);
    const ragged = probeBatch([3, 1, 7], config);
    const arrays = { get: (name: string) => Float32Array.from(weights.get(name)!.data) };
    const twin = new Twin({ weights: arrays, dtype: "f32", eps: config.layer_norm_eps });
    const { num_hidden_layers: all, full_length_layers: full } = config;
    const states = [...bodyStates(twin, { config, ragged, layers: { full, narrow: all - full } })];
    assert.equal(states.length, all + 1);
    const { data, columns } = states.at(-1)!.rows;
    const [every, isNarrow] = [[...ragged.places.keys()], all > full];
    let token = 0;
    let row = 0;
    for (const length of ragged.lengths) {
      const own = every.slice(token, token + length);
      const rows = isNarrow ? [...ragged.rows].filter((r) => own.includes(r)) : own;
      const expected = lastState({ config, weights }, {
        places: own.map((t) => ragged.places[t]!),
        keys: length,
        rows: rows.map((t) => t - token),
        ids: own.map((t) => ragged.tokens[4 * t]!),
        types: own.map((t) => ragged.tokens[4 * t + 1]!),
        positions: own.map((t) => ragged.tokens[4 * t + 2]!),
        embeds: null,
      }, undefined);
      const found = rowsOf({ shape: [rows.length, columns], data: data.subarray(row * columns) });
      expected.data.forEach((value, i) => {
        assert.ok(Math.abs(value - found.data[i]!) < 1e-9, `seed ${seed}: ${found.data[i]} for ${value}`);
      });
      token += length;
      row += rows.length;
    }
  }
});

Deno.test("models of every kind pass on this device, f16 ones too if it has them", async () => {
  const dtypes = await adapterHas("shader-f16") ? ["f32", "f16"] as const : ["f32"] as const;
  for (const seed of SEEDS.slice(0, 18)) {
    const model = randomModel(seed);
    const files = await filesOf(model);
    for (const dtype of seed % 3 === 0 ? dtypes : ["f32"] as const) {
      using _ = await classOf(model).from_pretrained(files, { verify: "probe", dtype });
    }
  }
});

Deno.test("golden models pass, from every layout of files", async () => {
  const names = ["masked-lm", "plain-bert", "ordinary-bert", "authors-prefix", "sharded", "f64", "bf16", "wide"];
  for (const name of names) {
    using _ = await NarrowBertForMaskedLM.from_pretrained(goldenModel(name), { verify: "probe" });
  }
  for (const name of ["base-pooler", "base-no-full-layers", "base-no-narrow-layers"]) {
    const options = { verify: "probe", add_pooling_layer: name === "base-pooler" } as const;
    using _ = await NarrowBertModel.from_pretrained(goldenModel(name), options);
  }
});

Deno.test("a model whose answers hang on rounding passes: its embeddings are almost constant rows", async () => {
  const drawn = randomModel(6);
  const model = { ...drawn, config: drawn.config.with({ layer_norm_eps: 1e-12 }) };
  const words = model.weights.get("narrow_bert.embeddings.word_embeddings.weight")!;
  words.data.forEach((value, i) => words.data[i] = Math.fround(1000 + 1e-3 * value));
  for (const name of ["position", "token_type"]) {
    const { data } = model.weights.get(`narrow_bert.embeddings.${name}_embeddings.weight`)!;
    data.forEach((value, i) => data[i] = Math.fround(1e-3 * value));
  }
  // In 32 bits the sums are off by 3e-5 of deviations of 1e-3.
  const ragged = probeBatch(LOAD_PROBE[0]!.lengths, model.config);
  const twin = (round: boolean) => {
    const arrays = { get: (name: string) => Float32Array.from(model.weights.get(name)!.data) };
    const blur = (x: Rows) => void x.data.forEach((value, i) => x.data[i] = round ? Math.fround(value) : value);
    const options = { weights: arrays, dtype: "f32", eps: 1e-12, blur } as const;
    const [{ rows }] = bodyStates(new Twin(options), {
      config: model.config,
      ragged,
      layers: { full: 0, narrow: 0 },
    }) as unknown as [TwinState];
    return rows.data;
  };
  const [exact, rounded] = [twin(false), twin(true)];
  assert.ok(exact.some((value, i) => Math.abs(value - rounded[i]!) > 1e-3), "rounding must matter");
  using _ = await classOf(model).from_pretrained(await filesOf(model), { verify: "probe" });
});

/** A device that computes another text wherever a shader has some text. */
async function wrongDevice(text: string, wrong: string): Promise<{ device: GPUDevice; changed: () => number }> {
  const device = await ownDevice();
  const create = device.createShaderModule.bind(device);
  let changed = 0;
  device.createShaderModule = ({ code, ...rest }) => {
    if (code.includes(text)) changed++;
    return create({ ...rest, code: code.replaceAll(text, wrong) });
  };
  return { device, changed: () => changed };
}

/** What a shader has, what a wrong driver makes of it, and the part of a masked LM or of a classifier that shows it. */
const FAULTS: [what: string, text: string, wrong: string, mlm: RegExp | null, classifier: RegExp][] = [
  [
    "LayerNorm by a 2000th too large",
    "row_moments.scale *",
    "1.0005 * row_moments.scale *",
    /embeddings/,
    /embeddings/,
  ],
  ["biases left out", "if (params.bias > 0u)", "if (false)", /layer 0 \(full\)/, /layer 0 \(full\)/],
  ["GELU with an imprecise coefficient", "0.254829592", "0.2848", /layer 0 \(full\)/, /layer 0 \(full\)/],
  ["heads that attend to half", "head_scale[query", "0.5 * head_scale[query", /layer 0 \(full\)/, /layer 0 \(full\)/],
  ["residuals of the wrong sign", "value += residual[", "value -= residual[", /layer 0 \(full\)/, /layer 0 \(full\)/],
  [
    "rows gathered from their neighbours",
    "x[source * width",
    "x[(source ^ 1u) * width",
    /layer 2 \(narrow\)/,
    /layer 2/,
  ],
  ["tanh without its sign", "sign(x) * (1 - e)", "(1 - e)", null, /the pooler/],
];

for (const [what, text, wrong, mlm, classifier] of FAULTS) {
  Deno.test(`a device that computes ${what} is refused, and nothing of the model stays there`, async () => {
    const { device, changed } = await wrongDevice(text, wrong);
    const { buffers } = await requestGpu({ device });
    const live = buffers.liveBytes;
    const cases = [
      [NarrowBertForMaskedLM as unknown as typeof NarrowBertModel, "masked-lm", mlm],
      [NarrowBertForSequenceClassification as unknown as typeof NarrowBertModel, "seq-cls", classifier],
    ] as const;
    for (const [Class, name, place] of cases) {
      const loading = Class.from_pretrained(goldenModel(name), { verify: "probe", device });
      if (place === null) (await loading).dispose();
      else {
        await assert.rejects(loading, (error: Error) => {
          assert.ok(error instanceof ProbeError);
          assert.match(error.message, /^Cannot trust .+: a probe of this model must give \S+ within \S+ in element \[/);
          assert.match(error.message, new RegExp(`of [^,]*${place.source}`));
          return true;
        });
      }
      assert.equal(buffers.liveBytes, live);
      // Nobody has asked.
      using believed = await Class.from_pretrained(goldenModel(name), { device });
      assert.ok(believed.weightBytes > 0);
    }
    assert.ok(changed() > 0, "no shader was changed");
    device.destroy();
  });
}

Deno.test("a pipeline and a trunk refuse a wrong device too, and one that gives no numbers", async () => {
  const { device } = await wrongDevice("row_moments.scale *", "bitcast<f32>(0x7fc00000u + row * 0u) *");
  const options = { verify: "probe", device } as const;
  await assert.rejects(pipeline("fill-mask", undefined, options), { name: "ProbeError", message: /, got NaN; / });
  const folder = "examples/models/wordnet/mlm";
  await assert.rejects(Trunk.load(folder, { readouts: [topWords], ...options }), { name: "ProbeError" });
  device.destroy();
});

Deno.test("a probe leaves a model that answers as any other, without memory of its own", async () => {
  const input_ids = [[1, 2, 3, 4, 5]];
  using probed = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"), { verify: "probe" });
  using plain = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"), { verify: false });
  assert.equal(probed.activationBytes, 0);
  const inputs = { input_ids, narrow_mask: [[1, 0, 0, 1, 0]] };
  assert.deepEqual(await probed.forward(inputs), await plain.forward(inputs));
});

Deno.test("a small model is computed as a whole, of a large one the first layer of each half", () => {
  const small = { hidden_size: 128, num_attention_heads: 2, intermediate_size: 512, num_hidden_layers: 12 };
  const depths = [small, {}, { full_length_layers: 0 }, { full_length_layers: 12 }].map((sizes) => {
    return depthOf(new NarrowBertConfig(sizes));
  });
  const expected = [[2, 10], [1, 1], [0, 1], [1, 1]].map(([full, narrow]) => ({ full, narrow }));
  assert.deepEqual(depths, expected);
});

Deno.test("a model that is cut short is refused by its first narrow layer, and has its head compared", async () => {
  const { device } = await wrongDevice("x[source * width", "x[(source ^ 1u) * width");
  const sizes = { hidden_size: 256, num_attention_heads: 4, intermediate_size: 8200, vocab_size: 20 };
  const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 4, full_length_layers: 2 });
  assert.deepEqual(depthOf(config), { full: 1, narrow: 1 });
  const shapes = parameterShapes(config, { head: "masked_lm", pooler: false });
  const next = random(1);
  const tensors = [...shapes].map(([name, shape]) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.1 * next());
    return [name, { dtype: "F32", shape: [...shape], data }] as const;
  });
  const json = new TextEncoder().encode(JSON.stringify(config.to_json()));
  const files = new Map([["config.json", json], ["model.safetensors", await writeSafetensors(tensors)]]);
  using _ = await NarrowBertForMaskedLM.from_pretrained(files, { verify: "probe" });
  await assert.rejects(NarrowBertForMaskedLM.from_pretrained(files, { verify: "probe", device }), {
    name: "ProbeError",
    message: /of layer 2 \(narrow\), got/,
  });
  device.destroy();
});

Deno.test("an aborted probe ends with the signal's reason, and leaves nothing", async () => {
  const { buffers } = await requestGpu();
  const live = buffers.liveBytes;
  const controller = new AbortController();
  const weights = new Map([...await filesOf(randomModel(0))]);
  const loading = classOf(randomModel(0)).from_pretrained(weights, { verify: "probe", signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(loading, { message: "enough" });
  assert.equal(buffers.liveBytes, live);
});

Deno.test("another value of verify is an error, before anything is read", async () => {
  for (const verify of [true, "yes", null, 1]) {
    await assert.rejects(NarrowBertModel.from_pretrained("/nowhere", { verify: verify as false }), {
      name: "RangeError",
      message: `Cannot load a model with verify ${JSON.stringify(verify)}: it must be "probe" or false`,
    });
  }
});

Deno.test("a blur is small, and the same each time", () => {
  const rows = () => ({ count: 2, columns: 3, data: Float64Array.of(1, 2, 4, 0, 0, 0) });
  const [one, other] = [rows(), rows()];
  roundingBlur()(one);
  roundingBlur()(other);
  assert.deepEqual(one, other);
  assert.notDeepEqual(one, rows());
  one.data.forEach((value, i) => assert.ok(Math.abs(value - rows().data[i]!) <= 4 * 2 ** -18));
});
