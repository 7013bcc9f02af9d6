/** Weights read back from the GPU are the checkpoint's, whatever its layout and element type. */

import assert from "node:assert/strict";
import {
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  readSafetensors,
  Tensor,
} from "../../mod.ts";
import { type FloatDtype, toFloat32 } from "../../src/base/dtype.ts";
import { HEADS } from "../../src/heads/registry.ts";
import { goldenModel } from "../golden/golden_case.ts";

const CLASSES = {
  NarrowBertModel,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertForMultipleChoice,
  NarrowBertForTokenClassification,
};

Deno.test("every head of the registry has a class in CLASSES", () => {
  const tested = new Set<string>(Object.values(CLASSES).map(({ head }) => head.name));
  const missing = HEADS.map(({ name }) => name).filter((name) => !tested.has(name));
  assert.deepEqual(missing, [], "heads without a class in CLASSES of tests/model/state_dict_test.ts");
});

/** Names of the golden models. */
const MODELS = [...Deno.readDirSync(new URL("../golden/models/", import.meta.url))].map(({ name }) => name).sort();

/** A golden model by the class it was saved from, with a pooler if it has one. */
async function loadGolden(name: string): Promise<NarrowBertModel> {
  const { architectures } = await NarrowBertConfig.from_pretrained(goldenModel(name));
  const Class = CLASSES[architectures![0] as keyof typeof CLASSES] as typeof NarrowBertModel;
  return await Class.from_pretrained(goldenModel(name), {
    add_pooling_layer: [...await storedTensors(name)].some(([n]) => n.includes("pooler")),
  });
}

/** The tensors of a golden model's files by the names that they would have in the published layout, as 32-bit floats. */
async function storedTensors(name: string): Promise<Map<string, Tensor>> {
  const folder = goldenModel(name);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".safetensors"));
  const tensors = new Map<string, Tensor>();
  for (const file of files) {
    for (const [stored, { dtype, shape, data }] of await readSafetensors(new URL(file, folder))) {
      if (dtype === "I64") continue; // position_ids, which old versions of transformers stored
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      tensors.set(publishedName(stored, name), new Tensor("float32", toFloat32(dtype as FloatDtype, bytes), shape));
    }
  }
  return tensors;
}

/** The layouts that goldens are stored in, by hand: the authors' prefix, and one list of layers of which two are full. */
function publishedName(stored: string, model: string): string {
  const name = stored.replace(
    /^(narrow_bert\.|bert\.)?(?=(embeddings|encoder|encoder_narrow|pooler)\.)/,
    "narrow_bert.",
  )
    .replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias");
  if (model !== "ordinary-bert") return name;
  return name.replace(/\.encoder\.layer\.([2-9])\./, (_, layer) => `.encoder_narrow.layer.${Number(layer) - 2}.`);
}

Deno.test("there are 28 golden models", () => assert.equal(MODELS.length, 28));

for (const name of MODELS) {
  Deno.test(`state_dict of ${name} has the checkpoint's tensors, bit for bit`, async () => {
    const stored = await storedTensors(name);
    using model = await loadGolden(name);
    const state = await model.state_dict();
    // Copies of tied weights, leftovers of pretraining and poolers without a use are stored, but are no parameters.
    const extra = [...stored.keys()].filter((key) => !state.has(key));
    assert.deepEqual(extra.filter((key) => !/decoder|seq_relationship|pooler/.test(key)), []);
    for (const [key, tensor] of state) {
      assert.deepEqual(tensor.dims, stored.get(key)?.dims, key);
      assert.deepEqual(bitsOf(tensor), bitsOf(stored.get(key)!), key);
    }
  });
}

function bitsOf({ data }: Tensor): Uint32Array {
  return new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}
