import assert from "node:assert/strict";
import {
  type ModelInputs,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  readSafetensors,
  type Tensor,
} from "../../mod.ts";
import { HEADS } from "../../src/heads/registry.ts";
import { parameterShapes } from "./parts.ts";
import { goldenModel } from "../golden/golden_case.ts";

const input_ids = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]];
const narrow_mask = [[1, 0, 0, 1, 0], [0, 0, 1, 0, 0]];

/** Runs `use` with a folder that is gone afterwards. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A class, a golden model for it, and inputs. The abstract class behind them all is that of NarrowBertModel. */
const SAVED: [Class: unknown, model: string, inputs: ModelInputs][] = [
  [NarrowBertModel, "base-pooler", { input_ids }],
  [NarrowBertForMaskedLM, "masked-lm", { input_ids, narrow_mask }],
  [NarrowBertForMaskedLM, "masked-lm-relative", { input_ids, narrow_mask }],
  [NarrowBertForMaskedLM, "authors-prefix", { input_ids, narrow_mask }],
  [NarrowBertForMaskedLM, "ordinary-bert", { input_ids, narrow_mask }],
  [NarrowBertForMaskedLM, "bf16", { input_ids, narrow_mask }],
  [NarrowBertForMaskedLM, "sharded", { input_ids, narrow_mask }],
  [NarrowBertForSequenceClassification, "seq-reg", { input_ids }],
  [NarrowBertForTokenClassification, "token-cls", { input_ids, narrow_mask }],
  [NarrowBertForMultipleChoice, "multiple-choice", { input_ids: [input_ids] }],
];

Deno.test("every head of the registry has a class in SAVED", () => {
  const tested = new Set<string>(SAVED.map(([Class]) => (Class as typeof NarrowBertModel).head.name));
  const missing = HEADS.map(({ name }) => name).filter((name) => !tested.has(name));
  assert.deepEqual(missing, [], "heads without a class in SAVED of tests/model/saving_test.ts");
});

for (const [Any, name, inputs] of SAVED) {
  const Class = Any as typeof NarrowBertModel;
  Deno.test(`${name}: saved and loaded again it gives the same bits, and is in the published layout`, async () => {
    await withFolder(async (folder) => {
      using model = await Class.from_pretrained(goldenModel(name));
      await model.save_pretrained(folder);
      using again = await Class.from_pretrained(folder, { strict: true });
      assert.deepEqual(await again.forward(inputs), await model.forward(inputs));

      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        "config.json",
        "model.safetensors",
      ]);
      const file = await readSafetensors(`${folder}/model.safetensors`);
      const shapes = parameterShapes(model.config, { head: Class.head.name, pooler: model.pooler });
      assert.deepEqual(
        new Map([...file].map(([key, { dtype, shape }]) => [key, [dtype, ...shape]])),
        new Map([...shapes].map(([key, shape]) => [key, ["F32", ...shape]])),
      );
      for (const [key, { data }] of await again.state_dict()) assert.deepEqual(data, file.get(key)!.data, key);
      assert.deepEqual(file.metadata, { format: "pt" });
      const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
      const expected = { model_type: "narrow_bert", architectures: [Class.name], torch_dtype: "float32" };
      const { model_type, architectures, torch_dtype } = config;
      assert.deepEqual({ model_type, architectures, torch_dtype }, expected);
      assert.equal(config.full_length_layers, model.config.full_length_layers);
    });
  });
}

const SMALL = {
  vocab_size: 30,
  hidden_size: 12,
  num_hidden_layers: 4,
  num_attention_heads: 2,
  intermediate_size: 10,
  max_position_embeddings: 8,
};

Deno.test("an ordinary BERT stays one, as transformers loads it, and gives the same bits when loaded again", async () => {
  await withFolder(async (folder) => {
    using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("plain-bert"));
    assert.equal(model.config.model_type, "bert");
    await model.save_pretrained(folder);
    const { model_type, architectures, ...config } = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assert.deepEqual({ model_type, architectures }, { model_type: "bert", architectures: ["BertForMaskedLM"] });
    assert.ok(!("full_length_layers" in config));
    const file = await readSafetensors(`${folder}/model.safetensors`);
    const layers = new Set([...file.keys()].map((name) => /^bert\.encoder\.layer\.(\d+)\./.exec(name)?.[1]));
    layers.delete(undefined);
    assert.deepEqual([...layers].toSorted(), ["0", "1", "2", "3", "4"]);
    const odd = [...file.keys()].filter((name) =>
      !/^(bert\.(embeddings|encoder\.layer)|cls\.predictions)\./.test(name)
    );
    assert.deepEqual(odd, []);
    const stored = await readSafetensors(new URL("model.safetensors", goldenModel("plain-bert")));
    const older = (name: string) =>
      name.replace(/LayerNorm\.weight$/, "LayerNorm.gamma").replace(/Norm\.bias$/, "Norm.beta");
    for (const [name, { data }] of file) {
      const same = stored.get(name) ?? stored.get(older(name));
      assert.deepEqual(data, same!.data, name);
    }

    using again = await NarrowBertForMaskedLM.from_pretrained(folder, { strict: true });
    assert.deepEqual(await again.forward({ input_ids }), await model.forward({ input_ids }));
  });
});

Deno.test("an ordinary BERT whose later layers are made narrow is saved as a NarrowBERT", async () => {
  await withFolder(async (folder) => {
    const config = { full_length_layers: 2 };
    using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("plain-bert"), { config });
    await model.save_pretrained(folder);
    const saved = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assert.deepEqual([saved.model_type, saved.architectures], ["narrow_bert", ["NarrowBertForMaskedLM"]]);
    assert.equal(saved.full_length_layers, 2);
    assert.ok(
      (await readSafetensors(`${folder}/model.safetensors`)).has(
        "narrow_bert.encoder_narrow.layer.2.output.dense.bias",
      ),
    );
  });
});

Deno.test("a BERT whose decoder has weights of its own is saved with them", async () => {
  await withFolder(async (folder) => {
    const config = new NarrowBertConfig({ ...SMALL, model_type: "bert", tie_word_embeddings: false });
    using model = await NarrowBertForMaskedLM.from_config(config);
    await model.save_pretrained(folder);
    assert.equal(JSON.parse(await Deno.readTextFile(`${folder}/config.json`)).tie_word_embeddings, false);
    const names = [...(await readSafetensors(`${folder}/model.safetensors`)).keys()];
    // Without the second one, transformers 5 begins with zeros.
    const wanted = ["decoder.weight", "bias", "decoder.bias"].map((name) => `cls.predictions.${name}`);
    assert.deepEqual(wanted.filter((name) => !names.includes(name)), []);
    using again = await NarrowBertForMaskedLM.from_pretrained(folder, { strict: true });
    assert.deepEqual(await again.state_dict(), await model.state_dict());
  });
  for (const other of [{ model_type: "bert" }, { tie_word_embeddings: false, full_length_layers: 1 }]) {
    await withFolder(async (folder) => {
      using model = await NarrowBertForMaskedLM.from_config(new NarrowBertConfig({ ...SMALL, ...other }));
      await model.save_pretrained(folder);
      assert.equal((await readSafetensors(`${folder}/model.safetensors`)).has("cls.predictions.decoder.bias"), false);
    });
  }
});

Deno.test("a model made of an ordinary BERT's config is saved with all layers full", async () => {
  for (const num_hidden_layers of [1, 4]) {
    const config = new NarrowBertConfig({ ...SMALL, model_type: "bert", num_hidden_layers });
    assert.equal(config.full_length_layers, num_hidden_layers);
    await withFolder(async (folder) => {
      using model = await NarrowBertModel.from_config(config, { add_pooling_layer: false });
      await model.save_pretrained(folder);
      using again = await NarrowBertModel.from_pretrained(folder, { add_pooling_layer: false });
      assert.equal(again.config.full_length_layers, num_hidden_layers);
      assert.deepEqual(await again.forward({ input_ids }), await model.forward({ input_ids }));
    });
  }
});

Deno.test("keys of the config that the library has no use for are saved with it", async () => {
  await withFolder(async (folder) => {
    const config = new NarrowBertConfig({ ...SMALL, custom_note: { by: "a user" }, num_labels: 3 });
    using model = await NarrowBertForSequenceClassification.from_config(config);
    await model.save_pretrained(folder);
    const again = await NarrowBertConfig.from_pretrained(folder);
    assert.deepEqual(again.to_json()["custom_note"], { by: "a user" });
    assert.equal(again.num_labels, 3);
  });
});

Deno.test("saving makes the folder, and replaces what it saved before", async () => {
  await withFolder(async (parent) => {
    const folder = `${parent}/a/b`;
    const config = new NarrowBertConfig(SMALL);
    const states: Map<string, Tensor>[] = [];
    for (const [seed, ending] of [[1, ""], [2, "/"]] as const) {
      using model = await NarrowBertForMaskedLM.from_config(config, { seed });
      await model.save_pretrained(folder + ending);
      states.push(await model.state_dict());
    }
    using again = await NarrowBertForMaskedLM.from_pretrained(folder);
    assert.deepEqual(await again.state_dict(), states[1]);
    assert.notDeepEqual(states[0], states[1]);
    assert.equal([...Deno.readDirSync(folder)].length, 2);
  });
});

Deno.test("a folder that cannot be made is an error", async () => {
  await withFolder(async (folder) => {
    using model = await NarrowBertForMaskedLM.from_config(new NarrowBertConfig(SMALL));
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(model.save_pretrained(`${folder}/file/model`));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["file"]);
  });
});

Deno.test("a model pruned while it is being saved is saved whole: as before, or as after", async () => {
  await withFolder(async (folder) => {
    using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
    const saving = model.save_pretrained(folder);
    model.prune_heads({ 0: [1], 3: [0, 2] });
    await saving;
    using again = await NarrowBertForMaskedLM.from_pretrained(folder);
    const { logits } = await again.forward({ input_ids, narrow_mask });
    assert.deepEqual(logits.dims, [2, 2, 99]);
  });
});
