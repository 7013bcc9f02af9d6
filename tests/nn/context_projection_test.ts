/** Keys and values of narrow layers in one matrix, or in as few as buffers allow. */

import assert from "node:assert/strict";
import { ContextProjection } from "../../src/nn/context_projection.ts";
import type { AttentionShape } from "../../src/nn/attention_shape.ts";
import { FullAttention } from "../../src/nn/full_attention.ts";
import { ParameterSet } from "../../src/nn/parameters.ts";

/** 64 key and value columns, of 64 bytes each. */
const SHAPE: AttentionShape = {
  width: 16,
  heads: 2,
  headSize: 16,
  positions: { type: "absolute", max: 8 },
  eps: 1e-12,
};
const LAYER = 16 * 64 * 4;

const layersOf = (count: number) => Array.from({ length: count }, (_, i) => ({ path: `layer.${i}`, shape: SHAPE }));

/** The matrices of so many layers where a buffer holds `largest` bytes: labels, and numbers of layers. */
function declared(count: number, largest: number) {
  const parameters = new ParameterSet({ largest });
  const projection = new ContextProjection(parameters, layersOf(count));
  return { parameters, projection, labels: parameters.all.map(({ label }) => label) };
}

Deno.test("all narrow layers are in one matrix where a buffer holds it, else in as few of equal numbers as may be", () => {
  const weights = (count: number, largest: number) =>
    declared(count, largest).labels.filter((label) => label.endsWith(".weight"));
  assert.deepEqual(weights(5, Infinity), ["narrow.key_value.weight"]);
  assert.deepEqual(weights(5, 5 * LAYER), ["narrow.key_value.weight"]);
  assert.deepEqual(weights(5, 5 * LAYER - 1), ["narrow.key_value[0:3].weight", "narrow.key_value[3:5].weight"]);
  assert.deepEqual(weights(5, 2 * LAYER), ["0:2", "2:4", "4:5"].map((range) => `narrow.key_value[${range}].weight`));
  assert.deepEqual(weights(2, LAYER), ["0:1", "1:2"].map((range) => `narrow.key_value[${range}].weight`));
  // Where not even one layer's fits, its keys and values are in the checkpoint's own matrices, whether these fit or not.
  const apart = ["0", "1"].flatMap((layer) => ["key", "value"].map((kind) => `layer.${layer}.self.${kind}.weight`));
  assert.deepEqual(weights(2, LAYER - 1), apart);
  assert.deepEqual(weights(2, 1), apart);
  assert.deepEqual(weights(1, 1), apart.slice(0, 2));
});

Deno.test("20 layers of a large BERT are in two matrices within 128 MiB, in one of 16 bits", () => {
  const shape = { ...SHAPE, width: 1024, heads: 16, headSize: 64 };
  const layers = Array.from({ length: 20 }, (_, i) => ({ path: `layer.${i}`, shape }));
  const bytes = (dtype: "f32" | "f16") => {
    const parameters = new ParameterSet({ dtype, largest: 2 ** 27 });
    new ContextProjection(parameters, layers);
    return parameters.all.filter(({ label }) => label.endsWith("weight")).map(({ bytes }) => bytes / 2 ** 20);
  };
  assert.deepEqual(bytes("f32"), [80, 80]);
  assert.deepEqual(bytes("f16"), [80]);
});

Deno.test("one product projects layers of one matrix, as many as are asked for", () => {
  const { projection } = declared(5, 2 * LAYER);
  const found = [0, 1, 2, 3, 4].map((first) => [1, 2, 9].map((most) => projection.together(first, most)));
  assert.deepEqual(found, [[1, 2, 2], [1, 1, 1], [1, 2, 2], [1, 1, 1], [1, 1, 1]]);
  const { projection: apart } = declared(2, 1);
  assert.deepEqual([0, 1].map((first) => apart.together(first, 2)), [1, 1]);
  const { projection: whole } = declared(5, Infinity);
  assert.deepEqual([0, 3].map((first) => whole.together(first, 3)), [3, 2]);
});

Deno.test("tensors have their names and shapes however they are joined", () => {
  const shapes = (largest: number) => new Map(declared(3, largest).parameters.shapes());
  assert.deepEqual(shapes(1), shapes(Infinity));
  const full = (largest: number) => {
    const parameters = new ParameterSet({ largest });
    new FullAttention(parameters, "layer.0.attention", SHAPE);
    return parameters;
  };
  assert.deepEqual(new Map(full(1).shapes()), new Map(full(Infinity).shapes()));
  const matrices = (largest: number) => full(largest).all.slice(0, -4).map(({ label }) => label);
  const path = "layer.0.attention.self.";
  assert.deepEqual(matrices(16 * 96 * 4), [`${path}qkv.weight`, `${path}qkv.bias`]);
  const apart = ["query", "key", "value"].flatMap((name) => [`${path}${name}.weight`, `${path}${name}.bias`]);
  assert.deepEqual(matrices(16 * 96 * 4 - 1), apart);
});
