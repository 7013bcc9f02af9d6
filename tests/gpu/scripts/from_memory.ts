/** Loads a model from memory and runs it, as a program without any permission would. Run by import_test.ts. */

import { NarrowBertConfig, NarrowBertModel, writeSafetensors } from "../../../mod.ts";
import { parameterShapes } from "../../model/parts.ts";

const config = new NarrowBertConfig({
  vocab_size: 7,
  hidden_size: 4,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 3,
  max_position_embeddings: 5,
});
const tensors = [...parameterShapes(config, { head: "none", pooler: true })].map(([name, shape]) => {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + name.length));
  return [name, { dtype: "F32" as const, shape, data }] as const;
});
const files = new Map([
  ["config.json", new TextEncoder().encode(JSON.stringify(config.to_json()))],
  ["model.safetensors", await writeSafetensors(tensors)],
]);
try {
  using model = await NarrowBertModel.from_pretrained(files);
  const { pooler_output } = await model.forward({ input_ids: [[1, 2, 3]] });
  console.log(pooler_output?.dims.join());
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.log(`${error.name}: ${error.message}`);
}
