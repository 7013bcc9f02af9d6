import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CheckpointError, ConfigError } from "../../src/base/errors.ts";
import { openFolder } from "../../src/io/folder/folder.ts";
import { MemoryFolder } from "../../src/io/folder/memory_folder.ts";
import type { ModelFolder } from "../../src/io/folder/model_folder.ts";
import { NO_SENTENCE_CONFIG, readSentenceConfig } from "../../src/pipelines/tasks/pooling.ts";

const TYPE = "sentence_transformers.models.";
const TRANSFORMER = { idx: 0, name: "0", path: "", type: `${TYPE}Transformer` };
const POOLING = { idx: 1, name: "1", path: "1_Pooling", type: `${TYPE}Pooling` };
const NORMALIZE = { idx: 2, name: "2", path: "2_Normalize", type: `${TYPE}Normalize` };
const MEAN = { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true, pooling_mode_max_tokens: false };
const CLS = { word_embedding_dimension: 8, pooling_mode_cls_token: true, pooling_mode_mean_tokens: false };

/** A folder in memory: values are written as JSON, strings as they are. */
function files(contents: Record<string, unknown>): ModelFolder {
  const bytes = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  return new MemoryFolder(new Map(Object.entries(contents).map(([name, value]) => [name, bytes(value)])));
}

Deno.test("a model without these files has no pooling and no limit, in memory and on disk", async () => {
  assert.deepEqual(await readSentenceConfig(files({ "config.json": {} })), NO_SENTENCE_CONFIG);
  const folder = fileURLToPath(new URL("../../examples/models/wordnet/mlm/", import.meta.url));
  assert.deepEqual(await readSentenceConfig(await openFolder(folder)), NO_SENTENCE_CONFIG);
});

Deno.test("modules.json names the folder of the pooling and says whether to normalize", async () => {
  const mean = files({
    "modules.json": [TRANSFORMER, POOLING, NORMALIZE],
    "1_Pooling/config.json": MEAN,
    "sentence_bert_config.json": { max_seq_length: 256, do_lower_case: false },
  });
  assert.deepEqual(await readSentenceConfig(mean), { pooling: "mean", normalize: true, maximum: 256 });
  const cls = files({
    "modules.json": [TRANSFORMER, { ...POOLING, path: "head" }],
    "head/config.json": CLS,
    "sentence_bert_config.json": { max_seq_length: null },
  });
  assert.deepEqual(await readSentenceConfig(cls), { pooling: "cls", normalize: false, maximum: Infinity });
});

Deno.test("1_Pooling/config.json is read without modules.json, and inside a subfolder", async () => {
  assert.equal((await readSentenceConfig(files({ "1_Pooling/config.json": CLS }))).pooling, "cls");
  const inside = files({ "a/b/modules.json": [TRANSFORMER, POOLING], "a/b/1_Pooling/config.json": MEAN });
  assert.equal((await readSentenceConfig(inside.inside("a/b"))).pooling, "mean");
});

Deno.test("what cannot be computed is named, and not refused before it is asked for", async () => {
  const pooling = async (contents: Record<string, unknown>) => (await readSentenceConfig(files(contents))).pooling;
  const max = { pooling_mode_mean_tokens: true, pooling_mode_max_tokens: true };
  assert.deepEqual(await pooling({ "1_Pooling/config.json": max }), {
    unknown: "pooling_mode_mean_tokens, pooling_mode_max_tokens",
  });
  assert.deepEqual(await pooling({ "1_Pooling/config.json": {} }), { unknown: "no pooling_mode" });
  const dense = { ...POOLING, path: "2_Dense", type: `${TYPE}Dense` };
  assert.deepEqual(await pooling({ "modules.json": [TRANSFORMER, POOLING, dense] }), {
    unknown: "modules Transformer, Pooling, Dense",
  });
});

Deno.test("files that are not what they should be are refused by name", async () => {
  const refused = (contents: Record<string, unknown>, message: RegExp, kind: typeof ConfigError = ConfigError) =>
    assert.rejects(() => readSentenceConfig(files(contents)), (error) => {
      assert(error instanceof kind);
      assert.match(error.message, message);
      return true;
    });
  await refused({ "modules.json": "[{" }, /modules\.json in "memory\/": it must be JSON/);
  await refused({ "modules.json": {} }, /modules\.json .* must be an array of objects with a type and a path/);
  await refused({ "modules.json": [{ type: 3, path: "" }] }, /must be an array of objects with a type and a path/);
  await refused({ "1_Pooling/config.json": [] }, /config\.json in "memory\/1_Pooling\/": it must be there/);
  await refused({ "modules.json": [TRANSFORMER, POOLING] }, /config\.json in "memory\/1_Pooling\/": it must be there/);
  await refused(
    { "modules.json": [TRANSFORMER, { ...POOLING, path: "../1_Pooling" }] },
    /Cannot open subfolder/,
    CheckpointError,
  );
  for (const length of [0, 1.5, "256"]) {
    await refused(
      { "sentence_bert_config.json": { max_seq_length: length } },
      /max_seq_length is a whole number from 1/,
    );
  }
});
