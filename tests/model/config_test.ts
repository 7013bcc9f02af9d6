import assert from "node:assert/strict";
import { CheckpointError, ConfigError } from "../../src/base/errors.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { headOf } from "../../src/heads/registry.ts";
import { refusal } from "./config_refusals.ts";

const MODELS = new URL("../golden/models/", import.meta.url);

Deno.test("defaults are BERT's, and two full layers", () => {
  assert.deepEqual(new NarrowBertConfig().to_json(), {
    model_type: "narrow_bert",
    architectures: null,
    vocab_size: 30522,
    hidden_size: 768,
    num_hidden_layers: 12,
    full_length_layers: 2,
    num_attention_heads: 12,
    intermediate_size: 3072,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    classifier_dropout: null,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
    position_embedding_type: "absolute",
    problem_type: null,
    tie_word_embeddings: true,
    is_decoder: false,
    add_cross_attention: false,
    torch_dtype: null,
    id2label: { 0: "LABEL_0", 1: "LABEL_1" },
    label2id: { LABEL_0: 0, LABEL_1: 1 },
    pruned_heads: {},
  });
});

Deno.test("every golden config keeps all that its file says", () => {
  let read = 0;
  for (const { name, isDirectory } of Deno.readDirSync(MODELS)) {
    if (!isDirectory) continue;
    const location = new URL(`${name}/config.json`, MODELS);
    const text = Deno.readTextFileSync(location);
    const config = NarrowBertConfig.parse(text, location.pathname);
    const written = config.to_json();
    for (const [key, value] of Object.entries(JSON.parse(text))) {
      assert.deepEqual(written[key], value, `${name} ${key}`);
    }
    assert.equal(config.num_labels, Object.keys(config.id2label).length);
    read++;
  }
  assert.equal(read, 28);
});

Deno.test("unknown keys are kept, and written back as copies", () => {
  const source = { transformers_version: "4.26.1", task_specific_params: { beams: [1, 2] }, use_cache: null };
  const config = new NarrowBertConfig(source);
  source.task_specific_params.beams.push(3);
  const written = config.to_json();
  assert.equal(written["transformers_version"], "4.26.1");
  assert.equal(written["use_cache"], null);
  assert.deepEqual(written["task_specific_params"], { beams: [1, 2] });
  (written["task_specific_params"] as { beams: number[] }).beams.push(4);
  assert.deepEqual(config.with({ num_labels: 3 }).to_json()["task_specific_params"], { beams: [1, 2] });
});

Deno.test("a config cannot be changed in place", () => {
  const config = new NarrowBertConfig({ pruned_heads: { 0: [1] }, architectures: ["NarrowBertModel"] });
  for (const held of [config, config.id2label, config.label2id, config.pruned_heads, config.architectures]) {
    assert.ok(Object.isFrozen(held));
  }
});

Deno.test("overrides win, an undefined one says nothing, and the result is checked", () => {
  const config = new NarrowBertConfig({ hidden_size: 64, num_attention_heads: 4 }, {
    hidden_size: 32,
    num_attention_heads: undefined,
  });
  assert.equal(config.hidden_size, 32);
  assert.equal(config.num_attention_heads, 4);
  assert.equal(config.headSize, 8);
  assert.match(
    refusal(() => config.with({ hidden_size: 30 })),
    /num_attention_heads must divide hidden_size 30, got 4/,
  );
});

Deno.test("labels: num_labels, id2label and label2id", () => {
  const three = new NarrowBertConfig({ num_labels: 3 });
  assert.deepEqual({ ...three.id2label }, { 0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2" });
  assert.deepEqual({ ...three.label2id }, { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 });
  const named = new NarrowBertConfig({ id2label: { 1: "no", 0: "yes" } });
  assert.deepEqual({ ...named.label2id }, { yes: 0, no: 1 });
  assert.equal(named.num_labels, 2);
  assert.equal(named.with({ num_labels: 2 }).id2label[0], "yes");
  assert.deepEqual(Object.keys(named.with({ num_labels: 3 }).label2id), ["LABEL_0", "LABEL_1", "LABEL_2"]);
  assert.deepEqual({ ...named.with({ id2label: { 0: "only" } }).label2id }, { only: 0 });
  assert.equal("num_labels" in three.to_json(), false);
});

Deno.test("a bert config without full_length_layers leaves them open, in files too", () => {
  const open = new NarrowBertConfig({ model_type: "bert", num_hidden_layers: 1 });
  assert.equal(open.leavesLayersOpen, true);
  assert.equal(open.full_length_layers, 1);
  assert.equal("full_length_layers" in open.to_json(), false);
  assert.equal(open.with({ num_hidden_layers: 6 }).full_length_layers, 6);
  assert.equal(open.with({ full_length_layers: 0 }).leavesLayersOpen, false);
  assert.equal(new NarrowBertConfig({ model_type: "bert", full_length_layers: 2 }).full_length_layers, 2);
});

Deno.test("a config is loaded from a folder, with overrides, and saved to one", async () => {
  const config = await NarrowBertConfig.from_pretrained(new URL("seq-cls/", MODELS), { config: { num_labels: 5 } });
  assert.equal(config.vocab_size, 99);
  assert.equal(config.num_labels, 5);
  const dir = await Deno.makeTempDir();
  try {
    await config.save_pretrained(`${dir}/a/b`);
    const again = await NarrowBertConfig.from_pretrained(dir, { subfolder: "a/b" });
    assert.deepEqual(again.to_json(), config.to_json());
    assert.deepEqual([...Deno.readDirSync(`${dir}/a/b`)].map(({ name }) => name), ["config.json"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  await assert.rejects(config.save_pretrained("https://example.com/m"), {
    name: "TypeError",
    message: 'Cannot save to "https://example.com/m": it must be a local folder',
  });
});

Deno.test("a folder without config, and one with a broken one", async () => {
  await assert.rejects(NarrowBertConfig.from_pretrained(new Map()), CheckpointError);
  const file = (text: string) => new Map([["config.json", new TextEncoder().encode(text)]]);
  await assert.rejects(NarrowBertConfig.from_pretrained(file('{"hidden_size": "768"}')), {
    name: "ConfigError",
    message:
      'Cannot use the config "memory/config.json": hidden_size must be a whole number from 1 to 65536, got "768"',
  });
  await assert.rejects(NarrowBertConfig.from_pretrained(file("\uFEFF{}x")), ConfigError);
  assert.equal((await NarrowBertConfig.from_pretrained(file("\uFEFF{}"))).hidden_size, 768);
});

Deno.test("a key called __proto__ is an unknown key like any other", () => {
  const config = NarrowBertConfig.parse('{"__proto__": {"hidden_size": 1}, "constructor": 2}', "x");
  assert.equal(config.hidden_size, 768);
  assert.equal(Object.hasOwn(config.to_json(), "__proto__"), true);
  assert.equal(config.to_json()["constructor"], 2);
});

Deno.test("the head is known by the class that was saved", () => {
  const head = (...architectures: string[]) => headOf(new NarrowBertConfig({ architectures })).name;
  assert.equal(head("NarrowBertModel"), "none");
  assert.equal(head("BertForPreTraining"), "masked_lm");
  assert.equal(head("NarrowBertForMaskedLM"), "masked_lm");
  assert.equal(head("BertForSequenceClassification"), "sequence_classification");
  assert.equal(head("NarrowBertForMultipleChoice"), "multiple_choice");
  assert.equal(head("NarrowBertForTokenClassification"), "token_classification");
  assert.match(
    refusal(() => head("RobertaForMaskedLM")),
    /architectures .*must name one of .*got "RobertaForMaskedLM"/,
  );
  assert.match(refusal(() => head("RoBertModel")), /got "RoBertModel"/);
  assert.match(refusal(() => head()), /got nothing\. Load it with the class you want/);
  assert.match(refusal(() => headOf(new NarrowBertConfig())), /got nothing/);
});
