/** Files of a model's folder that a conversion leaves as they are. */

import type { ModelFolder } from "../../io/folder/folder.ts";
import { findBytes } from "../../io/folder/model_folder.ts";
import { TOKENIZER_FILES } from "../../text/files/files.ts";
import type { ModuleEntry } from "../sentence/modules.ts";
import { sentenceFiles } from "../sentence/stored_files.ts";

/**
 * The tokenizer of a model, and what sentence-transformers makes of its states: names and bytes of the files that are there.
 *
 * @param root The folder that was opened.
 * @param about `model`: the folder of the model, which is that one or in it; `modules`: what modules.json says.
 */
export async function filesAlong(
  root: ModelFolder,
  { model, modules }: { model: ModelFolder; modules: readonly ModuleEntry[] | null },
): Promise<(readonly [name: string, parts: Uint8Array[]])[]> {
  const found: (readonly [string, Uint8Array[]])[] = [];
  for (const name of TOKENIZER_FILES) {
    const bytes = await findBytes(model, name);
    if (bytes !== null) found.push([name, [bytes]]);
  }
  for (const { name, bytes } of await sentenceFiles(root, modules)) found.push([name, [bytes]]);
  return found;
}
