import assert from "node:assert/strict";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { ACTIVATIONS, LARGEST, POSITION_TYPES, PROBLEM_TYPES } from "../../src/model/config/fields.ts";
import { refusal, refusalOf, SIZES } from "./config_refusals.ts";

Deno.test("labels that are wrong", () => {
  assert.match(refusalOf({ id2label: { 0: "a", 2: "b" } }), /must number its 2 labels 0 to 1, but there is no label 1/);
  assert.match(refusalOf({ id2label: { 0: "a", "01": "b" } }), /there is no label 1/);
  assert.match(refusalOf({ id2label: {} }), /id2label must be an object with a label for each number .*got \{\}/);
  assert.match(refusalOf({ id2label: ["a", "b"] }), /id2label must be an object .*got \["a","b"\]/);
  assert.match(refusalOf({ id2label: { 0: "a", 1: null } }), /id2label\.1 must be a string or a number, got null/);
  assert.match(refusalOf({ id2label: { 0: "a" }, num_labels: 2 }), /num_labels must be the size of id2label, 1, got 2/);
  assert.match(refusalOf({ num_labels: 0 }), /num_labels must be a whole number from 1 to 1048576, got 0/);
  assert.match(refusalOf({ label2id: { yes: 0.5 } }), /label2id\.yes must be a whole number, got 0\.5/);
  assert.match(refusalOf({ label2id: "yes" }), /label2id must be an object .*got "yes"/);
});

const BAD_SIZES: [value: unknown, as: string][] = [
  [0, "0"],
  [-3, "-3"],
  [7.5, "7.5"],
  ["768", '"768"'],
  [null, "null"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
  [1e9, "1000000000"],
  [true, "true"],
  [[768], "[768]"],
  [768n, "768"],
];

Deno.test("each size refuses everything but a whole number within reason, by name", () => {
  for (const name of SIZES) {
    for (const [value, as] of BAD_SIZES) {
      const message = refusalOf({ [name]: value });
      assert.ok(message.includes(`${name} must be a whole number from 1 to ${LARGEST[name]}, got ${as}`), message);
    }
    assert.match(refusalOf({ [name]: LARGEST[name] + 1 }), new RegExp(`${name} must be`));
  }
});

Deno.test("full_length_layers is from 0 to num_hidden_layers", () => {
  for (const [value, as] of BAD_SIZES.slice(1)) {
    assert.ok(refusalOf({ full_length_layers: value }).includes(`full_length_layers must be a whole number from 0`));
    assert.ok(refusalOf({ full_length_layers: value }).endsWith(`got ${as}`));
  }
  assert.match(
    refusalOf({ num_hidden_layers: 4, full_length_layers: 5 }),
    /full_length_layers must be at most num_hidden_layers 4, got 5/,
  );
  assert.match(refusalOf({ num_hidden_layers: 1 }), /full_length_layers must be at most num_hidden_layers 1, got 2/);
  for (const full of [0, 4]) {
    const config = new NarrowBertConfig({ num_hidden_layers: 4, full_length_layers: full });
    assert.equal(config.full_length_layers, full);
  }
});

Deno.test("heads must divide the hidden size", () => {
  assert.match(refusalOf({ num_attention_heads: 7 }), /num_attention_heads must divide hidden_size 768, got 7/);
});

Deno.test("names are checked against the lists, exactly", () => {
  for (const hidden_act of ACTIVATIONS) assert.equal(new NarrowBertConfig({ hidden_act }).hidden_act, hidden_act);
  assert.match(refusalOf({ hidden_act: "GELU" }), /hidden_act must be one of "gelu", .*"tanh", got "GELU"/);
  assert.match(refusalOf({ hidden_act: "toString" }), /hidden_act must be one of .*, got "toString"/);
  for (const type of POSITION_TYPES) {
    assert.equal(new NarrowBertConfig({ position_embedding_type: type }).position_embedding_type, type);
  }
  assert.match(
    refusalOf({ position_embedding_type: "rotary" }),
    /position_embedding_type must be one of "absolute", "relative_key", "relative_key_query", got "rotary"/,
  );
  for (const type of [null, ...PROBLEM_TYPES]) {
    assert.equal(new NarrowBertConfig({ problem_type: type }).problem_type, type);
  }
  assert.match(refusalOf({ problem_type: "ranking" }), /problem_type must be null or one of "regression", .*"ranking"/);
});

Deno.test("epsilon must be a number that float32 can tell from 0, and not above 1", () => {
  for (const eps of [1e-12, 1e-5, 0.01, 1]) {
    assert.equal(new NarrowBertConfig({ layer_norm_eps: eps }).layer_norm_eps, eps);
  }
  for (const eps of [0, -1e-12, 1e-45, 2, NaN, Infinity, null, "1e-12"]) {
    assert.match(refusalOf({ layer_norm_eps: eps }), /layer_norm_eps must be a number from 1.17\d+e-38 to 1, got/);
  }
});

Deno.test("probabilities, ranges and padding", () => {
  for (const key of ["hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"]) {
    for (const value of [-0.1, 1.1, NaN, "0.1"]) {
      assert.match(refusalOf({ [key]: value }), new RegExp(`${key} must be .*a number from 0 to 1, got`));
    }
  }
  assert.match(refusalOf({ hidden_dropout_prob: null }), /hidden_dropout_prob must be a number/);
  assert.equal(new NarrowBertConfig({ classifier_dropout: 0 }).classifier_dropout, 0);
  assert.match(refusalOf({ initializer_range: -1 }), /initializer_range must be a number from 0 to 100, got -1/);
  assert.match(refusalOf({ vocab_size: 9, pad_token_id: 9 }), /pad_token_id must be below vocab_size 9, got 9/);
  assert.match(refusalOf({ pad_token_id: -2 }), /pad_token_id must be null or a whole number from 0/);
  assert.equal(new NarrowBertConfig({ pad_token_id: null }).with({}).pad_token_id, null);
});

Deno.test("decoders are refused", () => {
  assert.match(refusalOf({ is_decoder: true }), /is_decoder must be false, as NarrowBERT is an encoder, got true/);
  assert.match(refusalOf({ add_cross_attention: true }), /add_cross_attention must be false, .*got true/);
});

Deno.test("another architecture is named, and nothing else is said of its config", () => {
  const message = refusalOf({ model_type: "gpt2", architectures: ["GPT2LMHeadModel"], hidden_size: -1 });
  assert.match(
    message,
    /model_type must be one of "narrow_bert", "bert", got "gpt2" with architectures \["GPT2LMHeadModel"\]/,
  );
  assert.doesNotMatch(message, /hidden_size/);
  for (const model_type of ["roberta", "distilbert", "", null, 7]) {
    assert.match(refusalOf({ model_type }), /model_type must be/);
  }
});

Deno.test("pruned heads are sorted, and name layers and heads that exist", () => {
  const config = new NarrowBertConfig({ pruned_heads: { 11: [5, 1, 5], 0: [] } });
  assert.deepEqual({ ...config.pruned_heads }, { 11: [1, 5] });
  assert.match(refusalOf({ pruned_heads: { 12: [0] } }), /pruned_heads must name layers 0 to 11, got "12"/);
  assert.match(refusalOf({ pruned_heads: { "-1": [0] } }), /pruned_heads must name layers 0 to 11, got "-1"/);
  assert.match(refusalOf({ pruned_heads: { 3: [12] } }), /pruned_heads\.3 must be a list of heads 0 to 11, got \[12\]/);
  assert.match(refusalOf({ pruned_heads: { 3: 1 } }), /pruned_heads\.3 must be a list of heads 0 to 11, got 1/);
  assert.match(refusalOf({ pruned_heads: [1] }), /pruned_heads must be an object .*got \[1\]/);
  assert.match(
    refusalOf({ num_attention_heads: 2, pruned_heads: { 0: [1, 0] } }),
    /pruned_heads\.0 must leave a head, got all 2/,
  );
});

Deno.test("all problems of a config come at once, with the file's name", () => {
  const text = JSON.stringify({ vocab_size: 0, hidden_act: "x", full_length_layers: 13, id2label: { 1: "a" } });
  const message = refusal(() => NarrowBertConfig.parse(text, "/models/broken/config.json"));
  assert.equal(
    message,
    [
      'Cannot use the config "/models/broken/config.json":',
      "  - vocab_size must be a whole number from 1 to 4194304, got 0",
      `  - hidden_act must be one of ${ACTIVATIONS.map((name) => `"${name}"`).join(", ")}, got "x"`,
      "  - full_length_layers must be at most num_hidden_layers 12, got 13",
      "  - id2label must number its 1 labels 0 to 0, but there is no label 0",
    ].join("\n"),
  );
});

Deno.test("text that is not a JSON object", () => {
  const parse = (text: string) => refusal(() => NarrowBertConfig.parse(text, "m/config.json"));
  for (const text of ["", "{", '{"hidden_size": NaN}', "{'a': 1}"]) {
    assert.match(parse(text), /Cannot read "m\/config\.json": it must be JSON, but /);
  }
  assert.match(parse("[]"), /it must hold a JSON object, got \[\]/);
  assert.match(parse("null"), /it must hold a JSON object, got null/);
  assert.match(parse('{"hidden_size": null}'), /"m\/config\.json": hidden_size must be .*, got null/);
});

Deno.test("files have labels that are numbers, of other heads, and of nothing", () => {
  const parse = (source: unknown) => NarrowBertConfig.parse(JSON.stringify(source), "config.json");
  const cases: [source: unknown, names: string[]][] = [
    [{ id2label: { 0: 1, 1: 2.5, 2: true } }, ["1", "2.5", "true"]],
    [{ id2label: { 0: "a", 1: "b" }, num_labels: 3 }, ["a", "b"]],
    [{ id2label: { 0: "a", 1: "b", "-100": "none" } }, ["a", "b", "LABEL_2"]],
    [{ id2label: { 0: "a" }, label2id: { a: 0, old: 7, none: -100, text: "1" } }, ["a"]],
    [{ id2label: null, label2id: null, num_labels: null }, ["LABEL_0", "LABEL_1"]],
  ];
  for (const [source, names] of cases) {
    const config = parse(source);
    assert.deepEqual(Object.values(config.id2label), names);
    assert.equal(config.num_labels, names.length);
    assert.deepEqual(parse(config.to_json()).to_json(), config.to_json());
  }
  const { label2id } = parse(cases[3]![0]);
  assert.deepEqual({ ...label2id }, { a: 0, old: 7, none: -100, text: 1 });
});

Deno.test("files have null for what is not given, -1 for no padding token, dropout of all, problem types in other spellings", () => {
  const read = (source: Record<string, unknown>) => new NarrowBertConfig(source);
  assert.equal(read({ pad_token_id: -1 }).pad_token_id, null);
  assert.equal(read({ position_embedding_type: null }).position_embedding_type, "absolute");
  assert.equal(read({ is_decoder: null, add_cross_attention: null, pruned_heads: null }).is_decoder, false);
  for (const key of ["hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"] as const) {
    assert.equal(read({ [key]: 1 })[key], 1);
  }
  const spellings = {
    multi_label_classification: [
      "multi-label-classification",
      "Multi_Label_Classification",
      "multi_label",
      "multilabel",
    ],
    single_label_classification: ["single label classification", "single-label", "singlelabel_classification"],
    regression: ["Regression", " regression"],
  };
  for (const [usual, others] of Object.entries(spellings)) {
    for (const other of others) assert.equal(read({ problem_type: other }).problem_type, usual);
  }
});

Deno.test("an activation that does not map 0 to 0 needs rows without padding; those with weights are refused by name", () => {
  for (const hidden_act of ["sigmoid", "laplace"]) {
    assert.equal(new NarrowBertConfig({ hidden_act }).hidden_act, hidden_act);
    const message = `hidden_size and intermediate_size must be multiples of 4 for ${hidden_act}, got 768 and 30`;
    assert.match(refusalOf({ hidden_act, intermediate_size: 30 }), new RegExp(message));
  }
  for (const hidden_act of ["prelu", "xielu"]) {
    assert.match(refusalOf({ hidden_act }), new RegExp(`hidden_act must be one of .*, got "${hidden_act}"`));
  }
});
