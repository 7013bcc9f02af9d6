import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { NarrowBertConfig, NarrowBertForMaskedLM, NarrowBertModel, type Tensor } from "../../mod.ts";

const SMALL = new NarrowBertConfig({
  vocab_size: 120,
  hidden_size: 60,
  num_hidden_layers: 3,
  full_length_layers: 1,
  num_attention_heads: 4,
  intermediate_size: 70,
  max_position_embeddings: 40,
  pad_token_id: 7,
});

Deno.test("random weights are the same for a seed, and others for another", async () => {
  const states = [];
  for (const seed of [5, 5, 6]) {
    using model = await NarrowBertForMaskedLM.from_config(SMALL, { seed });
    states.push(await model.state_dict());
  }
  const [first, again, other] = states as [Map<string, Tensor>, Map<string, Tensor>, Map<string, Tensor>];
  assert.deepEqual(again, first);
  for (const [name, tensor] of first) {
    const constant = tensor.dims.length === 1;
    assert.equal(isDeepStrictEqual(other.get(name)!.data, tensor.data), constant, name);
  }
  const matrices = [...first].filter(([, { dims }]) => dims.length > 1).map(([, { data }]) =>
    (data as Float32Array).slice(0, 8).join()
  );
  assert.equal(new Set(matrices).size, matrices.length, "no two weights are the same numbers");
});

Deno.test("random weights are BERT's: deviation initializer_range, biases 0, LayerNorms 1, padding 0", async () => {
  using model = await NarrowBertModel.from_config(SMALL, { seed: 1 });
  for (const [name, { data, dims }] of await model.state_dict()) {
    const values = data as Float32Array;
    if (name.endsWith("LayerNorm.weight")) assert.ok(values.every((value) => value === 1), name);
    else if (dims.length === 1) assert.ok(values.every((value) => value === 0), name);
    else {
      const padding = name.endsWith("word_embeddings.weight") ? 60 : 0;
      if (padding > 0) assert.ok(values.slice(7 * 60, 8 * 60).every((value) => value === 0), "the padding word is 0");
      const variance = values.reduce((sum, value) => sum + value * value, 0) / (values.length - padding);
      const error = Math.abs(variance / 0.02 ** 2 - 1);
      assert.ok(error < 5 * Math.sqrt(2 / values.length), `${name}: the variance is off by ${error}`);
    }
  }
});

Deno.test("a seed is a whole number of 32 bits", async () => {
  for (const seed of [-1, 0.5, 2 ** 32, NaN]) {
    await assert.rejects(NarrowBertModel.from_config(SMALL, { seed }), {
      name: "RangeError",
      message: /seed must be a whole/,
    });
  }
});
