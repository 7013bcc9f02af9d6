/** Files of a model's folder that a conversion leaves as they are. */

import type { ModelFolder } from "../../io/folder/folder.ts";
import { findBytes } from "../../io/folder/model_folder.ts";
import { TOKENIZER_FILES } from "../../text/files/files.ts";

/** Files by which sentence-transformers says how embeddings are pooled. */
const POOLING_FILES = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"];
const POOLING_FOLDER = "1_Pooling";

/** The tokenizer of a folder, and how its embeddings are pooled: names and bytes of the files that are there. */
export async function filesAlong(folder: ModelFolder): Promise<(readonly [name: string, parts: Uint8Array[]])[]> {
  const found: (readonly [string, Uint8Array[]])[] = [];
  const take = async (from: ModelFolder, file: string, name: string) => {
    const bytes = await findBytes(from, file);
    if (bytes !== null) found.push([name, [bytes]]);
  };
  for (const name of [...TOKENIZER_FILES, ...POOLING_FILES]) await take(folder, name, name);
  await take(folder.inside(POOLING_FOLDER), "config.json", `${POOLING_FOLDER}/config.json`);
  return found;
}
