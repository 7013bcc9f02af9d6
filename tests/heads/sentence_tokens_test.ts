/** Modules before the pooling, which change the state of each token, and poolings of what they make. */

import assert from "node:assert/strict";
import { poolStates } from "../../src/heads/sentence/pool_states.ts";
import { readModules } from "../../src/heads/sentence/modules.ts";
import { readSentenceConfig } from "../../src/heads/sentence/sentence_config.ts";
import { POOLING_MODES } from "../../src/heads/readouts/pooled_state.ts";
import { POOL_CODES } from "../../src/kernels/rows/pool_rows.ts";
import { poolRows } from "../reference/pool_rows.ts";
import { DENSE, files, LAYER_NORM, MEAN, NORMALIZE, POOLING, tensors, TRANSFORMER } from "./sentence_files.ts";

const TOKENS = { module_input_name: "token_embeddings" };
const DROPOUT = { ...NORMALIZE, path: "3_Dropout", type: "sentence_transformers.models.Dropout" };

async function read(modules: object[], more: Record<string, unknown> = {}) {
  const folder = files({
    "modules.json": modules,
    "1_Pooling/config.json": { ...MEAN, word_embedding_dimension: 3 },
    "2_Dense/config.json": { in_features: 8, out_features: 3, ...TOKENS },
    "2_Dense/model.safetensors": tensors({ "linear.weight": [3, 8], "linear.bias": [3] }),
    "2_LayerNorm/config.json": { dimension: 8 },
    "2_LayerNorm/model.safetensors": tensors({ "norm.weight": [8], "norm.bias": [8] }),
    ...more,
  });
  return await readSentenceConfig(folder, { modules: await readModules(folder), width: 8 });
}

const kindsOf = (modules: readonly { kind: string }[]) => modules.map(({ kind }) => kind);

Deno.test("what takes the states of tokens before the pooling changes each of them, and gives the pooling its width", async () => {
  const { tokenModules, modules, modes, missing } = await read([TRANSFORMER, DENSE, POOLING, NORMALIZE]);
  assert.deepEqual([kindsOf(tokenModules), kindsOf(modules), modes, missing], [
    ["Dense"],
    ["Normalize"],
    ["mean"],
    null,
  ]);
  const both = await read([TRANSFORMER, DENSE, NORMALIZE, POOLING], { "2_Normalize/config.json": TOKENS });
  assert.deepEqual(kindsOf(both.tokenModules), ["Dense", "Normalize"]);
  await assert.rejects(() => read([TRANSFORMER, DENSE, POOLING], { "1_Pooling/config.json": MEAN }), {
    message: /word_embedding_dimension must be the size of the states that it is given, 3, got 8/,
  });
  const wide = { "2_Dense/config.json": { in_features: 7, out_features: 3, ...TOKENS } };
  await assert.rejects(
    () =>
      read([TRANSFORMER, DENSE, POOLING], {
        ...wide,
        "2_Dense/model.safetensors": tensors({ "linear.weight": [3, 7], "linear.bias": [3] }),
      }),
    { message: /a Dense must take what the module before it gives, 8 numbers, and takes 7/ },
  );
});

Deno.test("what does nothing there is left out: a Normalize before there is a vector, states behind the pooling", async () => {
  const pooling = { "1_Pooling/config.json": MEAN };
  const before = await read([TRANSFORMER, NORMALIZE, POOLING], pooling);
  assert.deepEqual([before.tokenModules, before.modules, before.missing], [[], [], null]);
  const behind = await read([TRANSFORMER, POOLING, DENSE, NORMALIZE], pooling);
  assert.deepEqual([behind.tokenModules, kindsOf(behind.modules)], [[], ["Normalize"]]);
  const both = await read([TRANSFORMER, NORMALIZE, POOLING, DENSE], pooling);
  assert.deepEqual([both.tokenModules, both.modules], [[], []]);
});

Deno.test("a module that has no vector to take yet is named", async () => {
  const missing = async (module: object, more: Record<string, unknown> = {}) =>
    (await read([TRANSFORMER, module, POOLING], more)).missing;
  const vector = { "2_Dense/config.json": { in_features: 8, out_features: 3 } };
  assert.equal(await missing(DENSE, vector), 'a Dense of "sentence_embedding" before the Pooling that makes it');
  assert.equal(await missing(LAYER_NORM), 'a LayerNorm of "sentence_embedding" before the Pooling that makes it');
  assert.equal(await missing(DROPOUT), 'a Dropout of "sentence_embedding" before the Pooling that makes it');
});

Deno.test("states are pooled on the CPU as the kernel's reference pools them", () => {
  const [tokens, width] = [7, 4];
  const x = Float64Array.from({ length: tokens * width }, (_, i) => Math.sin(i));
  const rows = Array.from({ length: tokens }, (_, i) => x.subarray(i * width, (i + 1) * width));
  for (const from of [0, 1, 4, 6]) {
    const table = POOLING_MODES.flatMap((mode) => {
      if (mode === "cls") return [from, from + 1, POOL_CODES.mean, 0];
      return mode === "lasttoken" ? [tokens - 1, tokens, POOL_CODES.mean, 0] : [from, tokens, POOL_CODES[mode], from];
    });
    const expected = poolRows(x, Uint32Array.from(table), width);
    const found = poolStates(rows, { modes: POOLING_MODES, from });
    assert.equal(found.length, expected.length);
    found.forEach((value, i) => assert(Math.abs(value - expected[i]!) < 1e-12, `element ${i} from ${from}`));
  }
});
