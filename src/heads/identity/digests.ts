/** Checksums of models and tokenizers: whether two are the same. */

import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { filesOfTokenizer } from "../../text/tokenizer.ts";
import { coreOf, type PreTrainedModel, shapesOf } from "../pretrained.ts";
import { configHash } from "./model_identity.ts";

/** The SHA-256 of a tokenizer's files, in hexadecimal digits. @throws {TokenizerError} If it was not loaded from files. */
export async function digestOfTokenizer(tokenizer: BertTokenizer): Promise<string> {
  const files = [...await filesOfTokenizer(tokenizer)].sort(([a], [b]) => a < b ? -1 : 1);
  const parts = files.flatMap(([name, bytes]) => [`${name} ${bytes.length}\n`, bytes as Uint8Array<ArrayBuffer>]);
  return await sha256(await new Blob(parts).arrayBuffer());
}

/**
 * The SHA-256 of what a model computes: that of its config, and those of its weights, which are read back one after the
 * other. Nothing may change them meanwhile.
 */
export async function digestOfModel(model: PreTrainedModel): Promise<string> {
  const names = [...shapesOf(model).keys()];
  const hashes = new Map<string, string>();
  await coreOf(model).eachWeight(names, async (name, { data }) => {
    hashes.set(name, await sha256(data as Float32Array<ArrayBuffer>));
  });
  const parts = [await configHash(model.config), ...names.map((name) => `${name} ${hashes.get(name)}`)];
  return await sha256(new TextEncoder().encode(parts.join("\n")));
}

/** The SHA-256 of bytes, in hexadecimal digits. */
async function sha256(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
