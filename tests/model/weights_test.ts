import assert from "node:assert/strict";
import { CheckpointError } from "../../src/base/errors.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { elementCount } from "../../src/base/shape.ts";
import { resolveWeights, type WeightOptions } from "../../src/model/weights/weights.ts";
import { HEADS } from "../../src/heads/registry.ts";
import { partsOf, valuesOf } from "./parts.ts";
import { FakeCheckpoint, published, SMALL } from "./weight_fakes.ts";

const BASE: WeightOptions = { ...partsOf({ head: "none", pooler: false }), known: HEADS };
const MLM: WeightOptions = partsOf({ head: "masked_lm", pooler: false });
const WORDS = "narrow_bert.embeddings.word_embeddings.weight";

const FIVE = SMALL.with({ num_labels: 5 });

/** The message with which a checkpoint is refused, when it is resolved or when its numbers are read. */
function refusalOf(checkpoint: FakeCheckpoint, options: WeightOptions, config: NarrowBertConfig = SMALL): string {
  try {
    const { names, open, shape } = resolveWeights(checkpoint, config, options);
    for (const name of names) open(name).subarray(0, elementCount(shape(name)));
  } catch (error) {
    assert.ok(error instanceof CheckpointError, `expected a CheckpointError, got ${error}`);
    return error.message;
  }
  throw new assert.AssertionError({ message: "expected a CheckpointError, got none" });
}

/** The names of an ordinary BERT: one list of layers, `bert.`, gamma and beta. */
function ordinary(name: string): string {
  return name
    .replace(/^narrow_bert\.encoder_narrow\.layer\.0/, "narrow_bert.encoder.layer.2")
    .replace(/^narrow_bert\./, "bert.")
    .replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
    .replace(/LayerNorm\.bias$/, "LayerNorm.beta");
}

Deno.test("every layout gives the same weights under the published names", () => {
  const layouts: [string, (name: string) => string][] = [
    ["published", (name) => name],
    ["authors' prefix", (name) => name.replace(/^narrow_bert\./, "bert.")],
    ["no prefix", (name) => name.replace(/^narrow_bert\./, "")],
    ["ordinary BERT", ordinary],
    ["ordinary BERT without prefix", (name) => ordinary(name).replace(/^bert\./, "")],
  ];
  const original = published("masked_lm");
  for (const [layout, rename] of layouts) {
    const weights = resolveWeights(original.renamed(rename), SMALL, { ...MLM, strict: true });
    assert.deepEqual(weights.names, original.names(), layout);
    for (const name of original.names()) {
      assert.deepEqual(weights.shape(name), original.info(name).shape, layout);
      assert.deepEqual(valuesOf(weights, name), original.float32(name), `${layout} ${name}`);
    }
    assert.deepEqual([weights.unexpected, weights.warnings], [[], []]);
  }
});

Deno.test("numbers are read when they are asked for, and not before", () => {
  const checkpoint = published("none");
  const weights = resolveWeights(checkpoint, SMALL, BASE);
  assert.deepEqual(checkpoint.reads, []);
  valuesOf(weights, WORDS);
  assert.deepEqual(checkpoint.reads, [WORDS]);
  assert.throws(() => weights.open("classifier.weight"), RangeError);
  assert.throws(() => weights.shape("classifier.weight"), /Cannot find weight "classifier.weight"/);
});

Deno.test("what BERT checkpoints commonly hold besides is left unread without a word", () => {
  const bert = published("masked_lm", { pooler: true }).renamed(ordinary);
  const checkpoint = bert
    .put("bert.embeddings.position_ids", [1, 7], { dtype: "I64" })
    .put("cls.seq_relationship.weight", [2, 6]).put("cls.seq_relationship.bias", [2])
    .put("cls.predictions.decoder.weight", [11, 6]).put("cls.predictions.decoder.bias", [11], {
      fill: bert.info("cls.predictions.bias").fill,
    });
  const weights = resolveWeights(checkpoint, SMALL, { ...MLM, strict: true });
  assert.deepEqual(weights.unexpected, []);
  assert.equal(weights.names.includes("cls.predictions.decoder.weight"), false);
});

Deno.test("what wrappers leave before the names is passed over", () => {
  const bert = published("masked_lm", { pooler: true });
  const plain = resolveWeights(bert, SMALL, MLM);
  for (const prefix of ["_orig_mod.", "module.", "model.", "0.auto_model.", "auto_model.", "module._orig_mod."]) {
    for (const layout of [(name: string) => name, ordinary, (name: string) => name.replace("narrow_bert.", "")]) {
      const wrapped = bert.renamed((name) => prefix + layout(name));
      const weights = resolveWeights(wrapped, SMALL, { ...MLM, strict: true });
      assert.deepEqual(weights.names, plain.names);
      for (const name of weights.names) assert.deepEqual(valuesOf(weights, name), valuesOf(plain, name));
    }
  }
  const twice = published("masked_lm").put("module.cls.predictions.bias", [11]);
  assert.match(
    refusalOf(twice, MLM),
    /"cls\.predictions\.bias" and "module\.cls\.predictions\.bias" are names of the same weight/,
  );
});

Deno.test("a stored decoder must equal what it is tied with", () => {
  const bias = published("masked_lm").put("cls.predictions.decoder.bias", [11], { fill: 0.5 });
  const [fill] = bias.float32("cls.predictions.bias");
  assert.match(
    refusalOf(bias, MLM),
    new RegExp(
      `"cls.predictions.decoder.bias" must equal "cls.predictions.bias", .*but element 0 must be ${fill}, got 0.5`,
    ),
  );
  const both = bias.put("cls.predictions.decoder.weight", [11, 6], { fill: 1 });
  assert.match(
    refusalOf(both, MLM),
    /decoder\.weight" must equal "narrow_bert\.embeddings\.word_.* got 1\n.*decoder\.bias/,
  );
  const shape = published("masked_lm").put("cls.predictions.decoder.weight", [12, 6]);
  assert.match(refusalOf(shape, MLM), /shape of "cls.predictions.decoder.weight" must be \[11, 6\] .*got \[12, 6\]/);
});

Deno.test("of a decoder of its own the bias counts, whatever the head's other bias is", () => {
  const own = published("masked_lm").put("cls.predictions.decoder.weight", [11, 6], { fill: 1 });
  const config = SMALL.with({ tie_word_embeddings: false });
  const biasOf = (checkpoint: typeof own) =>
    valuesOf(resolveWeights(checkpoint, config, { ...MLM, strict: true }), "cls.predictions.bias");
  assert.deepEqual(biasOf(own), own.float32("cls.predictions.bias"));
  const both = own.put("cls.predictions.decoder.bias", [11], { fill: 0.5 });
  assert.deepEqual(biasOf(both), new Float32Array(11).fill(0.5));
  assert.deepEqual(biasOf(both.drop("cls.predictions.bias")), new Float32Array(11).fill(0.5));
});

Deno.test("a new head is not compared with what is stored of an older one", () => {
  const checkpoint = published("masked_lm").put("cls.predictions.decoder.bias", [11], { fill: 0.5 });
  const weights = resolveWeights(checkpoint, SMALL, { ...MLM, newHead: 0 });
  assert.deepEqual(weights.open("cls.predictions.bias").subarray(0, 11), new Float32Array(11));
});

Deno.test("a decoder stands in for an original that was dropped as its duplicate", () => {
  const checkpoint = published("masked_lm").drop(WORDS).put("cls.predictions.decoder.weight", [11, 6], { fill: 3 });
  const weights = resolveWeights(checkpoint, SMALL, { ...MLM, strict: true });
  assert.deepEqual(valuesOf(weights, WORDS), new Float32Array(66).fill(3));
});

/** A `bert` config that leaves open which layers are narrow. */
const OPEN = new NarrowBertConfig({ ...SMALL.to_json(), model_type: "bert", full_length_layers: undefined });

Deno.test("an ordinary BERT's layers are all full, unless the config says how many", () => {
  const checkpoint = published("none").renamed(ordinary);
  const full = resolveWeights(checkpoint, OPEN, BASE);
  assert.equal(full.config.full_length_layers, 3);
  assert.equal(full.config.model_type, "bert");
  assert.equal(full.names.some((name) => name.includes("encoder_narrow")), false);
  const narrowed = resolveWeights(checkpoint, OPEN.with({ full_length_layers: 1 }), BASE);
  assert.equal(narrowed.config.full_length_layers, 1);
  assert.equal(narrowed.config.model_type, "narrow_bert");
  const query = "attention.self.query.weight";
  for (const [list, stored] of [["encoder.layer.0", 0], ["encoder_narrow.layer.0", 1], ["encoder_narrow.layer.1", 2]]) {
    assert.deepEqual(
      valuesOf(narrowed, `narrow_bert.${list}.${query}`),
      checkpoint.float32(`bert.encoder.layer.${stored}.${query}`),
    );
  }
});

Deno.test("narrow layers in a bert file that does not speak of them are found", () => {
  const authors = published("none").renamed((name) => name.replace("narrow_bert.", "bert."));
  const { config } = resolveWeights(authors, OPEN, BASE);
  assert.equal(config.full_length_layers, 2);
  assert.equal(config.to_json()["full_length_layers"], 2);
});

Deno.test("a config that disagrees with the layers found is an error with both counts", () => {
  const split = published("none");
  const single = split.renamed(ordinary);
  const start = 'Cannot load "models/fake": there must be';
  assert.equal(
    refusalOf(split, BASE, SMALL.with({ full_length_layers: 1 })),
    `${start} 3 layers (1 full, 2 narrow) by the config, got 2 full and 1 narrow`,
  );
  assert.equal(
    refusalOf(split, BASE, SMALL.with({ num_hidden_layers: 4 })),
    `${start} 4 layers (2 full, 2 narrow) by the config, got 2 full and 1 narrow`,
  );
  assert.equal(
    refusalOf(single, BASE, SMALL.with({ num_hidden_layers: 2 })),
    `${start} 2 layers (2 full, 0 narrow) by the config, got 3 in one list`,
  );
  assert.equal(
    refusalOf(single, BASE, OPEN.with({ num_hidden_layers: 12 })),
    `${start} 12 layers by the config, got 3 in one list`,
  );
  assert.equal(
    refusalOf(split, BASE, OPEN.with({ num_hidden_layers: 12 })),
    `${start} 12 layers by the config, got 2 full and 1 narrow`,
  );
  const far = published("none").put("narrow_bert.encoder.layer.999999.output.dense.bias", [6]);
  assert.match(refusalOf(far, BASE), /3 layers .*got 1000000 full and 1 narrow/);
});

Deno.test("all missing weights are listed at once", () => {
  const gone = [WORDS, "narrow_bert.encoder.layer.0.output.dense.bias", "cls.predictions.bias"];
  const message = refusalOf(published("masked_lm").drop(...gone), MLM);
  assert.match(message, /^Cannot load "models\/fake":\n {2}- 2 weights are missing: /);
  for (const name of gone) assert.ok(message.includes(`"${name}"`), message);
});

Deno.test("a missing pooler names the option that does without", () => {
  const message = refusalOf(published("none"), partsOf({ head: "none", pooler: true }));
  assert.match(message, /the pooler is missing: "narrow_bert.pooler.dense.weight", "narrow_bert.pooler.dense.bias"/);
  assert.match(message, /set add_pooling_layer: false to load the model without one/);
  const classifier = refusalOf(published("multiple_choice"), partsOf({ head: "multiple_choice", pooler: true }));
  assert.match(
    classifier,
    /this head needs one; start new ones with new_head: true, or load NarrowBertModel, .* add_pooling_layer: false/,
  );
});

Deno.test("a missing head is an error, not a random one", () => {
  const message = refusalOf(
    published("none", { pooler: true }),
    partsOf({ head: "sequence_classification", pooler: true }),
  );
  assert.match(message, /the sequence_classification head is missing: "classifier.weight", "classifier.bias"/);
  assert.match(refusalOf(published("token_classification"), MLM), /the masked_lm head is missing: "cls.predictions/);
});

Deno.test("mis-shaped weights are all listed, under their stored names and with both shapes", () => {
  const checkpoint = published("none").renamed(ordinary)
    .put("bert.embeddings.LayerNorm.gamma", [7])
    .put("bert.encoder.layer.2.output.dense.weight", [5, 6])
    .put("bert.encoder.layer.1.output.dense.bias", [6, 1]);
  const message = refusalOf(checkpoint, BASE);
  for (
    const line of [
      'shape of "bert.embeddings.LayerNorm.gamma" must be [6] by the config, got [7]',
      'shape of "bert.encoder.layer.2.output.dense.weight" must be [6, 5] by the config, got [5, 6]',
      'shape of "bert.encoder.layer.1.output.dense.bias" must be [6] by the config, got [6, 1]',
    ]
  ) assert.ok(message.includes(`\n  - ${line}`), message);
  const labels = refusalOf(
    published("token_classification"),
    partsOf({ head: "token_classification", pooler: false }),
    FIVE,
  );
  assert.match(labels, /shape of "classifier.weight" must be \[5, 6\] .*got \[4, 6\]/);
});

Deno.test("wrong element types are named; every floating-point type that is stored commonly is right", () => {
  for (const dtype of ["I64", "I32", "U8", "BOOL", "F8_E4M3"] as const) {
    const message = refusalOf(published("none").put(WORDS, [11, 6], { dtype }), BASE);
    assert.ok(message.includes(`type of "${WORDS}" must be F32, F16, BF16 or F64, got ${dtype}`), message);
  }
  for (const dtype of ["F32", "F16", "BF16", "F64"] as const) {
    resolveWeights(published("none").put(WORDS, [11, 6], { dtype }), SMALL, BASE);
  }
});

Deno.test("weights of no use are a warning, and an error where strict", () => {
  const checkpoint = published("sequence_classification").put("adapter.weight", [1]);
  const weights = resolveWeights(checkpoint, SMALL, BASE);
  assert.deepEqual(weights.unexpected, ["classifier.weight", "classifier.bias", "adapter.weight"]);
  assert.deepEqual(
    weights.warnings,
    ['In "models/fake", this model has no use for "adapter.weight"'],
    "a head is no news",
  );
  assert.equal(
    refusalOf(checkpoint, { ...BASE, strict: true }),
    'Cannot load "models/fake": this model has no use for "classifier.weight", "classifier.bias", "adapter.weight" ' +
      "(strict: false ignores them)",
  );
  const table = "narrow_bert.encoder.layer.0.attention.self.distance_embedding.weight";
  assert.deepEqual(resolveWeights(published("none").put(table, [13, 2]), SMALL, BASE).unexpected, [table]);
});

Deno.test("two names of one weight are an error with both", () => {
  const twice = published("none").put("embeddings.LayerNorm.gamma", [6]);
  assert.match(
    refusalOf(twice, BASE),
    /"narrow_bert.embeddings.LayerNorm.weight" and "embeddings.LayerNorm.gamma" are names of the same weight/,
  );
});

Deno.test("weights are read pruned where the config says so", () => {
  const pruned = SMALL.with({ pruned_heads: { 2: [0] } });
  const name = "narrow_bert.encoder_narrow.layer.0.attention.self.query.weight";
  assert.deepEqual(resolveWeights(published("none", { config: pruned }), pruned, BASE).shape(name), [4, 6]);
  assert.match(refusalOf(published("none"), BASE, pruned), new RegExp(`"${name}" must be \\[4, 6\\] .*got \\[6, 6\\]`));
});

Deno.test("another architecture's checkpoint is recognised", () => {
  const families: [string, string[]][] = [
    ["GPT-2", ["wte.weight", "h.0.attn.c_attn.weight"]],
    ["GPT-2", ["transformer.wte.weight", "transformer.h.0.attn.c_attn.weight"]],
    ["RoBERTa", ["roberta.embeddings.word_embeddings.weight", "roberta.encoder.layer.0.output.dense.bias"]],
    ["DistilBERT", ["embeddings.word_embeddings.weight", "transformer.layer.0.attention.q_lin.weight"]],
    ["ALBERT", ["embeddings.word_embeddings.weight", "encoder.albert_layer_groups.0.albert_layers.0.ffn.bias"]],
    ["Llama", ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight"]],
  ];
  for (const [family, names] of families) {
    const message = refusalOf(
      new FakeCheckpoint(names.map((name) => [name, { dtype: "F32", shape: [1], fill: 0 }])),
      BASE,
    );
    assert.ok(message.startsWith('Cannot load "models/fake": its weights must be those of a NarrowBERT or a BERT'));
    assert.ok(message.endsWith(`got 2 of ${family}, such as "${names[0]}", "${names[1]}"`), message);
  }
  assert.match(refusalOf(new FakeCheckpoint([]), BASE), /got none$/);
  const unknown = new FakeCheckpoint([["net.0.weight\n", { dtype: "F32", shape: [1], fill: 0 }]]);
  assert.match(refusalOf(unknown, BASE), /got 1, such as "net\.0\.weight\\n"$/);
});
