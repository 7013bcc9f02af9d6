/** Files of a model's folder that a conversion leaves as they are. */

import { isObject } from "../../base/json.ts";
import type { ModelFolder } from "../../io/folder/folder.ts";
import { findBytes } from "../../io/folder/model_folder.ts";
import { TOKENIZER_FILES } from "../../text/files/files.ts";

/** Files by which sentence-transformers says how embeddings are pooled. */
const MODULES = "modules.json";
const POOLING_FILES = [MODULES, "sentence_bert_config.json", "config_sentence_transformers.json"];
const POOLING_FOLDER = "1_Pooling";

/**
 * The tokenizer of a folder, and how its embeddings are pooled: names and bytes of the files that are there.
 *
 * @throws {CheckpointError} If a file cannot be read, or `modules.json` names what is no folder inside.
 */
export async function filesAlong(folder: ModelFolder): Promise<(readonly [name: string, parts: Uint8Array[]])[]> {
  const found: (readonly [string, Uint8Array[]])[] = [];
  const take = async (from: ModelFolder, file: string, name: string) => {
    const bytes = await findBytes(from, file);
    if (bytes !== null) found.push([name, [bytes]]);
  };
  for (const name of [...TOKENIZER_FILES, ...POOLING_FILES]) await take(folder, name, name);
  const modules = found.find(([name]) => name === MODULES)?.[1][0];
  for (const inside of modules === undefined ? [POOLING_FOLDER] : foldersOf(modules)) {
    await take(folder.inside(inside), "config.json", `${inside}/config.json`);
  }
  return found;
}

/** The folders of modules that `modules.json` names. What is wrong in it, whoever pools will say. */
function foldersOf(bytes: Uint8Array): string[] {
  let modules: unknown;
  try {
    modules = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return [];
  }
  const paths = (Array.isArray(modules) ? modules : []).map((module: unknown) => isObject(module) ? module.path : "");
  return [...new Set(paths.filter((path) => typeof path === "string" && path !== ""))] as string[];
}
