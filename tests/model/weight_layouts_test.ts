/** Every golden model resolves to the published names; what each stores is written down in tests/golden. */

import assert from "node:assert/strict";
import type { Checkpoint } from "../../src/io/checkpoint/checkpoint.ts";
import { openCheckpoint } from "../../src/io/checkpoint/open.ts";
import { openFolder } from "../../src/io/folder/folder.ts";
import { readConfig } from "../../src/model/config/config.ts";
import { headOf } from "../../src/heads/registry.ts";
import { parameterShapes, partsOf, valuesOf } from "./parts.ts";
import { resolveWeights, type Weights } from "../../src/model/weights/weights.ts";

const MODELS = new URL("../golden/models/", import.meta.url);

/** Golden models that were saved with a pooler. */
const POOLED = /^(act-|base-eps|base-pooler|base-no-narrow-layers|multiple-choice|relative.*-pooler|seq-|wide-cls)/;

/** Full and narrow layers, where they are not 2 and 3. */
const LAYERS: Record<string, [full: number, narrow: number]> = {
  "base-no-full-layers": [0, 5],
  "base-no-narrow-layers": [5, 0],
  "plain-bert": [5, 0],
  "wide": [1, 2],
  "wide-cls": [1, 2],
};

async function load(name: string): Promise<{ checkpoint: Checkpoint; weights: Weights }> {
  const folder = await openFolder(new URL(`${name}/`, MODELS));
  const config = await readConfig(folder);
  const checkpoint = await openCheckpoint(folder);
  const options = { ...partsOf({ head: headOf(config), pooler: POOLED.test(name) }), strict: true };
  return { checkpoint, weights: resolveWeights(checkpoint, config, options) };
}

Deno.test("every golden model resolves, strictly, to the published list", async () => {
  let resolved = 0;
  for (const { name, isDirectory } of Deno.readDirSync(MODELS)) {
    if (!isDirectory) continue;
    const { weights } = await load(name);
    const { config, names } = weights;
    const { full_length_layers: full, num_hidden_layers: all } = config;
    assert.deepEqual([full, all - full], LAYERS[name] ?? [2, 3], name);
    assert.deepEqual(names, [...parameterShapes(config, { head: headOf(config), pooler: POOLED.test(name) }).keys()]);
    for (const parameter of names) {
      assert.equal(valuesOf(weights, parameter).length, weights.shape(parameter).reduce((a, b) => a * b, 1), parameter);
    }
    resolved++;
  }
  assert.equal(resolved, 28);
});

Deno.test("models saved in the published layout hold the published names and no other", async () => {
  for (
    const name of ["masked-lm", "masked-lm-relative", "multiple-choice", "seq-cls", "sharded", "token-cls", "wide"]
  ) {
    const { checkpoint, weights } = await load(name);
    assert.deepEqual([...weights.names].sort(), checkpoint.names().sort(), name);
  }
});

Deno.test("a single list is cut at full_length_layers, and gamma and beta are read as weight and bias", async () => {
  const { checkpoint, weights } = await load("ordinary-bert");
  const pairs = [
    ["narrow_bert.encoder.layer.1.output.dense.weight", "bert.encoder.layer.1.output.dense.weight"],
    ["narrow_bert.encoder_narrow.layer.0.output.dense.weight", "bert.encoder.layer.2.output.dense.weight"],
    ["narrow_bert.encoder_narrow.layer.2.output.LayerNorm.weight", "bert.encoder.layer.4.output.LayerNorm.gamma"],
    ["narrow_bert.embeddings.LayerNorm.bias", "bert.embeddings.LayerNorm.beta"],
    ["cls.predictions.transform.LayerNorm.weight", "cls.predictions.transform.LayerNorm.gamma"],
  ] as const;
  for (const [name, stored] of pairs) assert.deepEqual(valuesOf(weights, name), checkpoint.float32(stored), name);
  const plain = await load("plain-bert");
  assert.deepEqual(
    valuesOf(plain.weights, "narrow_bert.encoder.layer.4.intermediate.dense.bias"),
    plain.checkpoint.float32("bert.encoder.layer.4.intermediate.dense.bias"),
  );
});

Deno.test("the authors' prefix, in a file that calls itself bert", async () => {
  const { checkpoint, weights } = await load("authors-prefix");
  for (const name of weights.names) {
    assert.deepEqual(valuesOf(weights, name), checkpoint.float32(name.replace(/^narrow_bert\./, "bert.")), name);
  }
});
