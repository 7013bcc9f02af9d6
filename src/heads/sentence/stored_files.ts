/** Which files of a folder are read for embeddings, for what brings or carries them along without a look at them. */

import { findBytes, type ModelFolder } from "../../io/folder/model_folder.ts";
import { MODULE_SETTINGS, MODULES, POOLING_FOLDER, SETTINGS, TRANSFORMER_SETTINGS } from "./files.ts";
import { isTransformer, type ModuleEntry } from "./modules.ts";
import { findTransformerSettings } from "./transformer_settings.ts";

/** A file that is there. */
export interface StoredFile {
  /** Its name, with the folder inside the Transformer's own in which it belongs: `1_Pooling/config.json`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Modules without weights; any other may have some. */
const WEIGHTLESS = ["Pooling", "Normalize", "Dropout"];

/** Those in the folder itself that change what is made of a model; and the settings of a pooling without a list of modules. */
export const SENTENCE_FILES: readonly string[] = [
  MODULES,
  SETTINGS,
  ...TRANSFORMER_SETTINGS,
  `${POOLING_FOLDER}/${MODULE_SETTINGS}`,
];

/** The files in which a module may have its weights, the preferred one first. */
const WEIGHTS = ["model.safetensors", "pytorch_model.bin"];

/**
 * The files of sentence-transformers in a folder, as they are in a folder whose Transformer is in the folder itself: if it is
 * elsewhere, its files and the list of modules say so.
 *
 * @throws {CheckpointError} If a path leads out of the folder.
 * @throws {ConfigError} If the settings of the Transformer are no object.
 */
export async function sentenceFiles(
  folder: ModelFolder,
  modules: readonly ModuleEntry[] | null,
): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  const take = async (from: ModelFolder, file: string, name = file): Promise<boolean> => {
    const bytes = await findBytes(from, file);
    if (bytes !== null && !found.some((file) => file.name === name)) found.push({ name, bytes });
    return bytes !== null;
  };
  const isMoved = modules?.some(({ kind, path }) => isTransformer(kind) && path !== "") ?? false;
  if (modules !== null && !isMoved) await take(folder, MODULES);
  if (isMoved) found.push({ name: MODULES, bytes: await movedList(folder) });
  await take(folder, SETTINGS);
  const settings = await findTransformerSettings(folder, modules);
  if (settings !== null) found.push({ name: settings.name, bytes: settings.bytes });
  if (modules === null) {
    await take(folder.inside(POOLING_FOLDER), MODULE_SETTINGS, `${POOLING_FOLDER}/${MODULE_SETTINGS}`);
  }
  for (const { kind, path } of modules ?? []) {
    if (isTransformer(kind)) continue;
    const inside = folder.inside(path);
    await take(inside, MODULE_SETTINGS, `${path}/${MODULE_SETTINGS}`);
    if (WEIGHTLESS.includes(kind)) continue;
    for (const file of WEIGHTS) if (await take(inside, file, `${path}/${file}`)) break;
  }
  return found;
}

/** The list of modules, with the Transformer in the folder itself. */
async function movedList(folder: ModelFolder): Promise<Uint8Array> {
  const json: unknown = JSON.parse(new TextDecoder().decode(await findBytes(folder, MODULES) ?? new Uint8Array()));
  const list = (json as { type: string }[]).map((entry) =>
    isTransformer(entry.type.split(".").at(-1) as string) ? { ...entry, path: "" } : entry
  );
  return new TextEncoder().encode(`${JSON.stringify(list, null, 2)}\n`);
}
