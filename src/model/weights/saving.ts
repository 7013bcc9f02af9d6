/** Writes a model's folder. */

import { join } from "node:path";
import type { Tensor } from "../../base/tensor.ts";
import { makeFolder } from "../../io/folder/output_folder.ts";
import { type NamedTensor, writeSafetensors } from "../../io/safetensors/safetensors.ts";
import type { NarrowBertConfig } from "../config/config.ts";

/**
 * Writes `model.safetensors`, then `config.json`, each atomically, into a folder, which is made if it does not exist.
 */
export async function saveModel(
  where: string | URL,
  { config, className, tensors }: { config: NarrowBertConfig; className: string; tensors: ReadonlyMap<string, Tensor> },
): Promise<void> {
  const entries = [...tensors].map(([name, { dims, data }]): NamedTensor => [
    name,
    { dtype: "F32", shape: dims, data: data as Float32Array<ArrayBuffer> },
  ]);
  const path = join(await makeFolder(where), "model.safetensors");
  await writeSafetensors(entries, { path, metadata: { format: "pt" } });
  // Newer versions of transformers read `dtype`, older ones `torch_dtype`.
  const types = { torch_dtype: "float32", ...("dtype" in config.to_json() && { dtype: "float32" }) };
  const saved = config.with({ architectures: [className], model_type: "narrow_bert", ...types });
  await saved.save_pretrained(where);
}
