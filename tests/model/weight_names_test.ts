import assert from "node:assert/strict";
import { layerPath, remainingHeads } from "../../src/model/weights/published_names.ts";
import { parameterShapes } from "./parts.ts";
import { SMALL } from "./weight_fakes.ts";

Deno.test("the parameters of a base model, by name and shape", () => {
  const config = SMALL.with({ num_hidden_layers: 2, full_length_layers: 1 });
  const layer = (path: string): [string, number[]][] => [
    [`${path}.attention.self.query.weight`, [6, 6]],
    [`${path}.attention.self.query.bias`, [6]],
    [`${path}.attention.self.key.weight`, [6, 6]],
    [`${path}.attention.self.key.bias`, [6]],
    [`${path}.attention.self.value.weight`, [6, 6]],
    [`${path}.attention.self.value.bias`, [6]],
    [`${path}.attention.output.dense.weight`, [6, 6]],
    [`${path}.attention.output.dense.bias`, [6]],
    [`${path}.attention.output.LayerNorm.weight`, [6]],
    [`${path}.attention.output.LayerNorm.bias`, [6]],
    [`${path}.intermediate.dense.weight`, [5, 6]],
    [`${path}.intermediate.dense.bias`, [5]],
    [`${path}.output.dense.weight`, [6, 5]],
    [`${path}.output.dense.bias`, [6]],
    [`${path}.output.LayerNorm.weight`, [6]],
    [`${path}.output.LayerNorm.bias`, [6]],
  ];
  assert.deepEqual([...parameterShapes(config, { head: "none", pooler: true })], [
    ["narrow_bert.embeddings.word_embeddings.weight", [11, 6]],
    ["narrow_bert.embeddings.position_embeddings.weight", [7, 6]],
    ["narrow_bert.embeddings.token_type_embeddings.weight", [2, 6]],
    ["narrow_bert.embeddings.LayerNorm.weight", [6]],
    ["narrow_bert.embeddings.LayerNorm.bias", [6]],
    ...layer("narrow_bert.encoder.layer.0"),
    ...layer("narrow_bert.encoder_narrow.layer.0"),
    ["narrow_bert.pooler.dense.weight", [6, 6]],
    ["narrow_bert.pooler.dense.bias", [6]],
  ]);
});

Deno.test("heads add their own parameters, and the tied decoder is none of them", () => {
  const base = [...parameterShapes(SMALL, { head: "none", pooler: false }).keys()];
  const added = (head: string) => {
    const shapes = parameterShapes(SMALL, { head, pooler: false });
    return Object.fromEntries([...shapes].filter(([name]) => !base.includes(name)));
  };
  assert.deepEqual(added("masked_lm"), {
    "cls.predictions.transform.dense.weight": [6, 6],
    "cls.predictions.transform.dense.bias": [6],
    "cls.predictions.transform.LayerNorm.weight": [6],
    "cls.predictions.transform.LayerNorm.bias": [6],
    "cls.predictions.bias": [11],
  });
  assert.deepEqual(added("sequence_classification"), { "classifier.weight": [4, 6], "classifier.bias": [4] });
  assert.deepEqual(added("token_classification"), { "classifier.weight": [4, 6], "classifier.bias": [4] });
  assert.deepEqual(added("multiple_choice"), { "classifier.weight": [1, 6], "classifier.bias": [1] });
});

Deno.test("each list of layers begins with 0", () => {
  const paths = (full_length_layers: number) => [0, 1, 2].map((layer) => layerPath({ full_length_layers }, layer));
  assert.deepEqual(paths(2), [
    "narrow_bert.encoder.layer.0",
    "narrow_bert.encoder.layer.1",
    "narrow_bert.encoder_narrow.layer.0",
  ]);
  assert.deepEqual(paths(0), [0, 1, 2].map((n) => `narrow_bert.encoder_narrow.layer.${n}`));
  assert.deepEqual(paths(3), [0, 1, 2].map((n) => `narrow_bert.encoder.layer.${n}`));
});

Deno.test("pruned layers are stored without their pruned heads, counted through full and narrow", () => {
  const config = SMALL.with({ pruned_heads: { 0: [1], 2: [0, 2] } });
  assert.deepEqual([0, 1, 2].map((layer) => remainingHeads(config, layer)), [[0, 2], [0, 1, 2], [1]]);
  const shapes = parameterShapes(config, { head: "none", pooler: false });
  const widths = [["encoder.layer.0", 4], ["encoder.layer.1", 6], ["encoder_narrow.layer.0", 2]] as const;
  for (const [list, width] of widths) {
    const attention = `narrow_bert.${list}.attention`;
    for (const part of ["query", "key", "value"]) {
      assert.deepEqual(shapes.get(`${attention}.self.${part}.weight`), [width, 6]);
      assert.deepEqual(shapes.get(`${attention}.self.${part}.bias`), [width]);
    }
    assert.deepEqual(shapes.get(`${attention}.output.dense.weight`), [6, width]);
    assert.deepEqual(shapes.get(`${attention}.output.dense.bias`), [6]);
  }
});

Deno.test("relative positions have a table in each layer, as wide as one head", () => {
  for (const position_embedding_type of ["relative_key", "relative_key_query"]) {
    const shapes = parameterShapes(SMALL.with({ position_embedding_type }), { head: "none", pooler: false });
    const tables = [...shapes].filter(([name]) => name.endsWith(".attention.self.distance_embedding.weight"));
    assert.deepEqual(tables.map(([name]) => name.split(".attention")[0]), [0, 1, 2].map((n) => layerPath(SMALL, n)));
    for (const [, shape] of tables) assert.deepEqual(shape, [13, 2]);
  }
});
