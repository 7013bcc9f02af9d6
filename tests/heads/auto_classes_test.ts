/** `AutoModel` and its like: which class a folder gives, and which folders they refuse. */

import assert from "node:assert/strict";
import {
  AutoConfig,
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForMultipleChoice,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  type ModelInputs,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
} from "../../mod.ts";
import { HEADS } from "../../src/heads/registry.ts";
import { goldenModel } from "../golden/golden_case.ts";

const input_ids = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]];
const narrow_mask = [[1, 0, 0, 1, 0], [0, 0, 1, 0, 0]];

/** Each auto class, the class behind it, golden models of it, and inputs. */
const AUTOS: [name: string, Auto: unknown, Class: unknown, models: string[], inputs: ModelInputs][] = [
  ["AutoModel", AutoModel, NarrowBertModel, ["base-pooler", "seq-cls"], { input_ids }],
  ["AutoModelForMaskedLM", AutoModelForMaskedLM, NarrowBertForMaskedLM, ["masked-lm", "plain-bert"], {
    input_ids,
    narrow_mask,
  }],
  [
    "AutoModelForSequenceClassification",
    AutoModelForSequenceClassification,
    NarrowBertForSequenceClassification,
    ["seq-cls"],
    { input_ids },
  ],
  [
    "AutoModelForTokenClassification",
    AutoModelForTokenClassification,
    NarrowBertForTokenClassification,
    ["token-cls"],
    { input_ids, narrow_mask },
  ],
  ["AutoModelForMultipleChoice", AutoModelForMultipleChoice, NarrowBertForMultipleChoice, ["multiple-choice"], {
    input_ids: [input_ids],
  }],
];

Deno.test("every head of the registry has an auto class", () => {
  const heads = AUTOS.map(([, , Class]) => (Class as typeof NarrowBertModel).head.name);
  assert.deepEqual(heads.toSorted(), HEADS.map(({ name }) => name).toSorted());
});

for (const [name, Any, AnyClass, models, inputs] of AUTOS) {
  const [Auto, Class] = [Any as typeof AutoModel, AnyClass as typeof NarrowBertModel];
  for (const folder of models) {
    Deno.test(`${name} gives what ${Class.name} gives of ${folder}`, async () => {
      using model = await Auto.from_pretrained(goldenModel(folder));
      assert.equal(model.constructor, Class);
      using same = await Class.from_pretrained(goldenModel(folder));
      assert.deepEqual(await model.forward(inputs), await same.forward(inputs));
    });
  }

  Deno.test(`${name}.from_config gives the random ${Class.name} of the seed`, async () => {
    const sizes = { vocab_size: 30, hidden_size: 12, num_attention_heads: 2, intermediate_size: 10 };
    const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 2, max_position_embeddings: 8 });
    using model = await Auto.from_config(config, { seed: 3 });
    assert.equal(model.constructor, Class);
    using same = await Class.from_config(config, { seed: 3 });
    assert.deepEqual(await model.state_dict(), await same.state_dict());
  });

  if (Class.head.prefix === null) continue;
  Deno.test(`${name} refuses a folder of another head by both names, before its weights are read`, async () => {
    const other = Class.head.name === "masked_lm" ? "token-cls" : "masked-lm";
    const { architectures } = await AutoConfig.from_pretrained(goldenModel(other));
    const own = Class.head.classes.map((rest) => `(Narrow)Bert${rest}`).join(", ");
    const config = await Deno.readFile(new URL("config.json", goldenModel(other)));
    await assert.rejects(Auto.from_pretrained(new Map([["config.json", config]])), {
      name: "CheckpointError",
      message: `Cannot load "memory/" by ${name}: architectures in its config must name one of ${own}, ` +
        `got "${architectures![0]}"; new_head: true begins a new ${Class.head.name} head on its body`,
    });
  });

  Deno.test(`${name} begins a new head on the body of any folder if it is asked for one`, async () => {
    const options = { new_head: 5, config: { num_labels: 3 } };
    using model = await Auto.from_pretrained(goldenModel("masked-lm"), options);
    using same = await Class.from_pretrained(goldenModel("masked-lm"), options);
    assert.deepEqual(await model.state_dict(), await same.state_dict());
  });
}

/** The files of a golden model with some keys of its config changed. */
async function filesWith(name: string, keys: Record<string, unknown>): Promise<Map<string, Uint8Array>> {
  const read = (file: string) => Deno.readFile(new URL(file, goldenModel(name)));
  const config = JSON.parse(new TextDecoder().decode(await read("config.json")));
  const text = JSON.stringify({ ...config, ...keys });
  return new Map([
    ["config.json", new TextEncoder().encode(text)],
    ["model.safetensors", await read("model.safetensors")],
  ]);
}

Deno.test("the body of a BERT with a head that this library does not have is AutoModel's, and no other's", async () => {
  const files = await filesWith("base-pooler", { architectures: ["BertForQuestionAnswering"] });
  using model = await AutoModel.from_pretrained(files);
  assert.equal(model.constructor, NarrowBertModel);
  await assert.rejects(AutoModelForMaskedLM.from_pretrained(files), {
    name: "CheckpointError",
    message:
      /must name one of \(Narrow\)BertForPreTraining, \(Narrow\)BertForMaskedLM, got "BertForQuestionAnswering"; /,
  });
});

Deno.test("another architecture is refused by its name, with the list of what works", async () => {
  const roberta = { model_type: "roberta", architectures: ["RobertaForMaskedLM"] };
  const files = await filesWith("masked-lm", roberta);
  for (const load of [AutoConfig.from_pretrained, AutoModel.from_pretrained, AutoModelForMaskedLM.from_pretrained]) {
    await assert.rejects(load(files), {
      name: "ConfigError",
      message:
        /model_type must be one of "narrow_bert", "bert", got "roberta" with architectures \["RobertaForMaskedLM"\]/,
    });
  }
  const misnamed = await filesWith("masked-lm", { architectures: ["RobertaForMaskedLM"] });
  await assert.rejects(AutoModel.from_pretrained(misnamed), {
    name: "CheckpointError",
    message: /must name NarrowBERT or BERT, such as \(Narrow\)BertModel, .*, got "RobertaForMaskedLM"$/,
  });
});

Deno.test("a config without architectures is taken at its weights", async () => {
  for (const architectures of [null, []]) {
    using model = await AutoModelForMaskedLM.from_pretrained(await filesWith("masked-lm", { architectures }));
    assert.equal(model.constructor, NarrowBertForMaskedLM);
    await assert.rejects(AutoModelForTokenClassification.from_pretrained(await filesWith("base", { architectures })), {
      name: "CheckpointError",
      message: /the token_classification head is missing/,
    });
  }
});

Deno.test("AutoConfig gives the config of a folder, with overrides", async () => {
  const config = await AutoConfig.from_pretrained(goldenModel("seq-cls"), { config: { problem_type: "regression" } });
  assert.ok(config instanceof NarrowBertConfig);
  assert.equal(config.problem_type, "regression");
});
