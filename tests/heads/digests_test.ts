/** Checksums of models: the same for the same weights, whatever their layout on the GPU, and for no others. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertForMaskedLM, NarrowBertModel, type PreTrainedModel } from "../../mod.ts";
import { digestOfModel } from "../../src/heads/identity/digests.ts";
import { configHash } from "../../src/heads/identity/model_identity.ts";
import { goldenModel } from "../golden/golden_case.ts";

const sha256 = async (bytes: BufferSource) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();

/** The twin, of all weights at once. Notes and checkpoints on disks have what it gives. */
async function digestAtOnce(model: PreTrainedModel): Promise<string> {
  const parts = [await configHash(model.config)];
  for (const [name, { data }] of await model.state_dict()) {
    parts.push(`${name} ${await sha256(data as Float32Array<ArrayBuffer>)}`);
  }
  return await sha256(new TextEncoder().encode(parts.join("\n")));
}

Deno.test("a digest is that of all weights at once, though they are read one after the other", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  using base = await NarrowBertModel.from_pretrained(goldenModel("masked-lm"), { add_pooling_layer: false });
  const expected = await digestAtOnce(model);
  const { state_dict } = model;
  model.state_dict = () => Promise.reject(new Error("all weights at once"));
  assert.equal(await digestOfModel(model), expected);
  assert.equal(await digestOfModel(model), expected);
  assert.equal(await digestOfModel(base), await digestAtOnce(base));
  assert.notEqual(await digestOfModel(base), expected);

  const weights = await state_dict.call(model);
  const [name, tensor] = [...weights].at(-1)!;
  const data = (tensor.data as Float32Array).slice();
  data[data.length - 1]! += 1;
  tensor.data.set(data as never);
  await model.load_state_dict(new Map([...weights, [name, tensor]]));
  assert.notEqual(await digestOfModel(model), expected);
});

Deno.test("a digest is of a model that lives", async () => {
  const config = { vocab_size: 8, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 1, intermediate_size: 8 };
  const model = await NarrowBertModel.from_config(new NarrowBertConfig(config), { seed: 1 });
  model.dispose();
  await assert.rejects(digestOfModel(model), /disposed/);
});
