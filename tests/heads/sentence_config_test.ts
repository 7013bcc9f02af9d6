/** What a folder of sentence-transformers says: every file, its spellings, and what is refused by name. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CheckpointError, ConfigError } from "../../src/base/errors.ts";
import { locateTransformer, readModules } from "../../src/heads/sentence/modules.ts";
import { NO_SENTENCE_CONFIG, readSentenceConfig } from "../../src/heads/sentence/sentence_config.ts";
import { openFolder } from "../../src/io/folder/folder.ts";
import type { ModelFolder } from "../../src/io/folder/model_folder.ts";
import { DENSE, files, LAYER_NORM, MEAN, NORMALIZE, POOLING, tensors, TRANSFORMER } from "./sentence_files.ts";

async function read(folder: ModelFolder, width = 8) {
  return await readSentenceConfig(folder, { modules: await readModules(folder), width });
}

const modesOf = async (config: object) => (await read(files({ "1_Pooling/config.json": config }))).modes;

Deno.test("a model without these files has no pooling and no limit, in memory and on disk", async () => {
  assert.deepEqual(await read(files({ "config.json": {} })), NO_SENTENCE_CONFIG);
  const folder = fileURLToPath(new URL("../../examples/models/wordnet/mlm/", import.meta.url));
  assert.deepEqual(await read(await openFolder(folder)), NO_SENTENCE_CONFIG);
});

Deno.test("modules.json names the folders of the modules, in old and new class paths, with and without slashes", async () => {
  const old = await read(files({
    "modules.json": [TRANSFORMER, POOLING, NORMALIZE],
    "1_Pooling/config.json": MEAN,
    "sentence_bert_config.json": { max_seq_length: 256, do_lower_case: false },
  }));
  assert.deepEqual([old.modes, old.modules.map(({ kind }) => kind), old.maximum], [["mean"], ["Normalize"], 256]);
  const folder = files({
    "modules.json": [
      { path: "./0_Transformer//", type: "sentence_transformers.base.modules.transformer.Transformer" },
      { path: "a/head/", type: "sentence_transformers.sentence_transformer.modules.pooling.Pooling" },
    ],
    "a/head/config.json": { embedding_dimension: 8, pooling_mode: "cls", include_prompt: false },
    "0_Transformer/sentence_bert_config.json": { max_seq_length: null, do_lower_case: true },
  });
  const { modes, includePrompt, maximum, lowerCase } = await read(folder);
  assert.deepEqual([modes, includePrompt, maximum, lowerCase], [["cls"], false, null, true]);
  assert.equal((await locateTransformer(folder)).location, "memory/0_Transformer/");
});

Deno.test("1_Pooling/config.json is read without modules.json, and inside a subfolder", async () => {
  assert.deepEqual(await modesOf({ pooling_mode_cls_token: true }), ["cls"]);
  const inside = files({ "a/b/modules.json": [TRANSFORMER, POOLING], "a/b/1_Pooling/config.json": MEAN });
  assert.deepEqual((await read(inside.inside("a/b"))).modes, ["mean"]);
});

Deno.test("poolings are named by flags or by pooling_mode, one or several", async () => {
  const flags = { pooling_mode_lasttoken: true, pooling_mode_mean_tokens: true, pooling_mode_cls_token: true };
  assert.deepEqual(await modesOf(flags), ["cls", "mean", "lasttoken"]);
  assert.deepEqual(await modesOf({ pooling_mode: ["lasttoken", "cls"] }), ["lasttoken", "cls"]);
  assert.deepEqual(await modesOf({ ...flags, pooling_mode: "max" }), ["max"]);
  assert.deepEqual(await modesOf({ word_embedding_dimension: 8 }), ["mean"]);
});

Deno.test("what is not there is named, and not refused before it is asked for", async () => {
  const missing = async (...modules: object[]) => (await read(files({ "modules.json": modules }))).missing;
  const of = (kind: string) => ({ ...POOLING, type: `sentence_transformers.models.${kind}` });
  assert.equal(await missing(TRANSFORMER, of("WeightedLayerPooling"), POOLING), "a module WeightedLayerPooling");
  assert.equal(await missing(of("WordEmbeddings"), of("LSTM"), POOLING), "a module WordEmbeddings");
  assert.match(`${await missing(TRANSFORMER)}`, /^modules Transformer, where a Transformer must be the first, and one/);
  assert.match(`${await missing(NORMALIZE, TRANSFORMER, POOLING)}`, /^modules Normalize, Transformer, Pooling, where/);
  assert.match(`${await missing(TRANSFORMER, POOLING, POOLING)}`, /^modules Transformer, Pooling, Pooling, where/);
});

Deno.test("modules are computed in their order, each of what the one before gives", async () => {
  const { modules } = await read(
    files({
      "modules.json": [TRANSFORMER, POOLING, DENSE, { ...LAYER_NORM, path: "3_LayerNorm" }, NORMALIZE],
      "1_Pooling/config.json": { pooling_mode: ["mean"] },
      "2_Dense/config.json": { in_features: 2, out_features: 3, activation_function: "torch.nn.Identity" },
      "2_Dense/model.safetensors": tensors({ "linear.weight": [3, 2], "linear.bias": [3] }),
      "3_LayerNorm/config.json": { dimension: 3 },
      "3_LayerNorm/model.safetensors": tensors({ "norm.weight": [3], "norm.bias": [3] }),
    }),
    2,
  );
  const [dense, norm, unit] = modules.map((module) => (x: Float64Array) => module.apply(x));
  const given = dense!(Float64Array.of(1, 2));
  assert.deepEqual([...given], [2, 9, 16]);
  const scale = 1 / Math.sqrt(98 / 3 + 1e-5);
  const expected = [0, 1, 2 * (7 * scale) + 2];
  norm!(given).forEach((x, i) => assert(Math.abs(x - expected[i]!) < 1e-12));
  assert.deepEqual([...given], [2, 9, 16]);
  assert.deepEqual([...unit!(Float64Array.of(3, 0, 4))], [0.6, 0, 0.8]);
  assert.deepEqual([...unit!(new Float64Array(2))], [0, 0]);
});

Deno.test("prompts, similarity and dimensions are those of config_sentence_transformers.json", async () => {
  const { prompts, defaultPrompt, similarity, dimensions } = await read(files({
    "config_sentence_transformers.json": {
      __version__: { sentence_transformers: "3.0.0" },
      prompts: { query: "query: ", none: null },
      default_prompt_name: "query",
      similarity_fn_name: "dot",
      truncate_dim: 4,
    },
  }));
  assert.deepEqual([prompts, defaultPrompt, similarity, dimensions], [
    { query: "query: ", document: "", none: "" },
    "query",
    "dot",
    4,
  ]);
});

const MODULES = [TRANSFORMER, POOLING, DENSE];
const SIZES = { in_features: 8, out_features: 2 };
const WEIGHTS = tensors({ "linear.weight": [2, 8], "linear.bias": [2] });

/** A folder with a Dense, some of whose files are others. */
const withDense = (more: Record<string, unknown>) => ({
  "modules.json": MODULES,
  "1_Pooling/config.json": MEAN,
  "2_Dense/config.json": SIZES,
  "2_Dense/model.safetensors": WEIGHTS,
  ...more,
});

/** What is wrong, the file, and the error. */
const REFUSED: [file: string, value: unknown, message: RegExp, kind?: typeof CheckpointError][] = [
  ["modules.json", "[{", /modules\.json in "memory\/": it must be JSON/],
  ["modules.json", {}, /modules\.json .* must be an array of objects with a type and a path/],
  ["modules.json", [], /must be an array of objects with a type and a path/],
  ["modules.json", [{ type: 3, path: "" }], /must be an array of objects with a type and a path/],
  ["modules.json", [{ type: TRANSFORMER.type }], /must be an array of objects with a type and a path/],
  [
    "modules.json",
    [{ ...TRANSFORMER, type: "custom_st.Transformer" }],
    /"custom_st\.Transformer" .* trust_remote_code/,
  ],
  ["modules.json", [{ ...TRANSFORMER, type: "sentence_transformers_x.Pooling" }], /is none of sentence-transformers/],
  ["modules.json", [TRANSFORMER, { ...POOLING, path: "../1_Pooling" }], /Cannot open subfolder/, CheckpointError],
  ["modules.json", [TRANSFORMER, { ...POOLING, path: "/etc" }], /Cannot open subfolder/, CheckpointError],
  [
    "modules.json",
    [TRANSFORMER, { ...POOLING, path: "" }],
    /module Pooling must have a folder of its own, .*config\.json, got ""/,
  ],
  ["modules.json", [TRANSFORMER, POOLING, { ...NORMALIZE, path: "." }], /module Normalize must have .* got ""/],
  [
    "modules.json",
    [{ ...TRANSFORMER, path: "0" }, { ...POOLING, path: "./0/" }],
    /module Pooling must have a folder of its own, .* got "0"/,
  ],
  ["modules.json", [TRANSFORMER, { ...POOLING, path: "x" }], /config\.json in "memory\/x\/": it must be there/],
  ["1_Pooling/config.json", [], /config\.json in "memory\/1_Pooling\/": it must be an object, got \[\]/],
  ["1_Pooling/config.json", {}, /it must have a pooling_mode, .* got no pooling_mode/],
  [
    "1_Pooling/config.json",
    { pooling_mode: "median" },
    /pooling_mode must be one or several of "cls", .*, got "median"/,
  ],
  ["1_Pooling/config.json", { pooling_mode: [] }, /pooling_mode must be one or several of/],
  ["1_Pooling/config.json", { pooling_mode: ["mean", 3] }, /pooling_mode must be one or several of/],
  [
    "1_Pooling/config.json",
    { pooling_mode_cls_token: "yes" },
    /pooling_mode_cls_token must be true or false, got "yes"/,
  ],
  ["1_Pooling/config.json", { pooling_mode_attention: true }, /there is no pooling_mode_attention/],
  ["1_Pooling/config.json", { ...MEAN, word_embedding_dimension: 9 }, /word_embedding_dimension must be .* 8, got 9/],
  ["1_Pooling/config.json", { ...MEAN, include_prompt: 0 }, /include_prompt must be true or false, got 0/],
  ["2_Dense/config.json", "{", /config\.json in "memory\/2_Dense\/": it must be JSON/],
  ["2_Dense/config.json", { in_features: 8 }, /it must have out_features, a whole number from 1/],
  ["2_Dense/config.json", { ...SIZES, in_features: "8" }, /in_features must be a whole number from 1, got "8"/],
  ["2_Dense/config.json", { ...SIZES, in_features: 7 }, /shape must be \[2, 7\], got \[2, 8\]/, CheckpointError],
  ["2_Dense/config.json", { ...SIZES, bias: "no" }, /bias must be true or false/],
  [
    "2_Dense/config.json",
    { ...SIZES, module_input_name: "all_layer_embeddings" },
    /module_input_name must be one of "sentence_embedding", "token_embeddings", got "all_layer_embeddings"/,
  ],
  [
    "2_Dense/config.json",
    { ...SIZES, module_output_name: "token_embeddings" },
    /module_output_name must be its module_input_name, "sentence_embedding", got "token_embeddings"/,
  ],
  [
    "2_Dense/config.json",
    { ...SIZES, activation_function: "torch.nn.PReLU" },
    /there is no "torch\.nn\.PReLU"; it must/,
  ],
  ["2_Dense/config.json", { ...SIZES, activation_function: "torch.hub.load" }, /there is no "torch\.hub\.load"/],
  [
    "2_Dense/config.json",
    { ...SIZES, activation_function: "mine.Act" },
    /"mine\.Act" .* Python code, .*trust_remote_code/,
  ],
  ["2_Dense/config.json", { ...SIZES, activation_function: 3 }, /activation_function must be a text, got 3/],
  ["2_Dense/model.safetensors", "no", /./, CheckpointError],
  ["2_Dense/model.safetensors", tensors({ "linear.weight": [2, 8] }), /"linear\.bias": it is not in/, CheckpointError],
  [
    "2_Dense/model.safetensors",
    tensors({ "linear.weight": [8, 2], "linear.bias": [2] }),
    /must be \[2, 8\]/,
    CheckpointError,
  ],
  ["sentence_bert_config.json", 3, /sentence_bert_config\.json in "memory\/": it must be an object, got 3/],
  ["sentence_bert_config.json", { max_seq_length: 0 }, /max_seq_length must be a whole number from 1, got 0/],
  ["sentence_bert_config.json", { max_seq_length: "256" }, /max_seq_length must be a whole number from 1, got "256"/],
  ["sentence_bert_config.json", { do_lower_case: 1 }, /do_lower_case must be true or false/],
  ["sentence_bert_config.json", { model_args: { trust_remote_code: true } }, /model_args asks for trust_remote_code/],
  ["sentence_bert_config.json", { transformer_task: "fill-mask" }, /transformer_task must be "feature-extraction"/],
  ["sentence_bert_config.json", { module_output_name: "sentence_embedding" }, /module_output_name must be "token_emb/],
  [
    "sentence_bert_config.json",
    { modality_config: { text: { method: "pool" } } },
    /modality_config must take .* of a text/,
  ],
  ["sentence_bert_config.json", { modality_config: { image: {} } }, /modality_config must take .* got undefined/],
  [
    "sentence_bert_config.json",
    { modality_config: { text: { method: "forward", method_output_name: "last_hidden_state" }, message: {} } },
    /modality_config must take texts as they are, got messages of a chat/,
  ],
  ["config_sentence_transformers.json", "null", /config_sentence_transformers\.json .* must be an object, got null/],
  ["config_sentence_transformers.json", { prompts: ["query"] }, /prompts must be an object/],
  ["config_sentence_transformers.json", { prompts: { query: 3 } }, /prompts must be texts .* under "query"/],
  [
    "config_sentence_transformers.json",
    { default_prompt_name: "q" },
    /must be one of the prompts, got "q"; these are "query", "document"/,
  ],
  ["config_sentence_transformers.json", { similarity_fn_name: "maxsim" }, /similarity_fn_name must be one of "cosine"/],
  ["config_sentence_transformers.json", { truncate_dim: -1 }, /truncate_dim must be a whole number from 1, got -1/],
  ["config_sentence_transformers.json", { model_type: "SparseEncoder" }, /model_type must be "SentenceTransformer"/],
];

Deno.test("files that are not what they should be are refused by name", async () => {
  assert.equal((await read(files(withDense({})))).missing, null);
  for (const [file, value, message, kind = ConfigError] of REFUSED) {
    await assert.rejects(() => read(files(withDense({ [file]: value }))), (error) => {
      assert(error instanceof kind, `${file} ${JSON.stringify(value)}: ${error}`);
      assert.match(error.message, message, `${file} ${JSON.stringify(value)}`);
      return true;
    });
  }
  await assert.rejects(() => read(files({ "modules.json": MODULES, "1_Pooling/config.json": MEAN })), {
    message: /config\.json in "memory\/2_Dense\/": it must be there, and be an object/,
  });
  const several = withDense({ "1_Pooling/config.json": { pooling_mode: ["mean", "max"] } });
  await assert.rejects(() => read(files(several)), {
    message: /a Dense must take what the module before it gives, 16 numbers, and takes 8/,
  });
});
