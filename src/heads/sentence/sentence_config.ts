/** How a text's embedding is made, as the files of sentence-transformers beside a model say. */

import { ConfigError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import type { PoolingMode } from "../readouts/pooled_state.ts";
import { MODULE_SETTINGS, POOLING_FOLDER } from "./files.ts";
import { findJsonFile, readJsonFile } from "./json_file.ts";
import { isTransformer, type ModuleEntry } from "./modules.ts";
import { type PoolingModule, readPooling } from "./pooling.ts";
import { NO_SETTINGS, readSettings, type SentenceSettings } from "./settings.ts";
import {
  EMBEDDING,
  NO_TRANSFORMER_SETTINGS,
  readTransformerSettings,
  type TransformerSettings,
} from "./transformer_settings.ts";
import { VECTOR_MODULES, type VectorModule } from "./vector_modules.ts";

/** What is made of the states of a text's tokens. */
interface Modules extends PoolingModule {
  /** What changes the state of each token, in order, before the pooling. */
  readonly tokenModules: readonly VectorModule[];
  /** The poolings; none if no file names one: then each token has its embedding. */
  readonly modes: readonly PoolingMode[];
  /** What changes the text's vector, in order, behind the pooling. */
  readonly modules: readonly VectorModule[];
  /** What the files ask for that this library does not have; `null` if it has all. */
  readonly missing: string | null;
}

/** The settings for embeddings in a model's files. */
export interface SentenceConfig extends Modules, SentenceSettings, TransformerSettings {}

/** The modules of a model that has none. */
const NO_MODULES: Modules = { tokenModules: [], modes: [], includePrompt: true, modules: [], missing: null };

/** The settings of a model without such files. */
export const NO_SENTENCE_CONFIG: SentenceConfig = { ...NO_SETTINGS, ...NO_MODULES, ...NO_TRANSFORMER_SETTINGS };

/**
 * Reads the settings and weights of the modules in a folder, each file if it is there.
 *
 * @param folder The folder that has `modules.json`.
 * @param about `modules`: what that says; `width`: the size of the model's states.
 * @throws {ConfigError} If a file is not what sentence-transformers writes.
 * @throws {CheckpointError} If a path leads out of the folder, or the weights of a module do not fit.
 */
export async function readSentenceConfig(
  folder: ModelFolder,
  { modules, width }: { modules: readonly ModuleEntry[] | null; width: number },
): Promise<SentenceConfig> {
  const settings = {
    ...await readSettings(folder),
    ...await readTransformerSettings(folder, { modules, use: EMBEDDING }),
  };
  if (modules !== null) return { ...settings, ...await readAll(folder, modules, width) };
  const file = await findJsonFile(folder.inside(POOLING_FOLDER), MODULE_SETTINGS);
  return { ...settings, ...NO_MODULES, ...(file !== null && readPooling(file, width)) };
}

/** Reads all modules behind the Transformer. */
async function readAll(folder: ModelFolder, entries: readonly ModuleEntry[], width: number): Promise<Modules> {
  const missing = missingIn(entries);
  if (missing !== null) return { ...NO_MODULES, missing };
  const at = entries.findIndex(({ kind }) => kind === "Pooling");
  const before = await readEach(folder, entries.slice(1, at));
  // As sentence-transformers, whose Normalize does nothing to what is not there yet.
  const misplaced = before.find(({ kind, feature }) => feature !== "token_embeddings" && kind !== "Normalize");
  if (misplaced !== undefined) {
    const problem = `a ${misplaced.kind} of ${quote(misplaced.feature)} before the Pooling that makes it`;
    return { ...NO_MODULES, missing: problem };
  }
  const tokenModules = before.filter(({ feature }) => feature === "token_embeddings");
  checkSizes(folder, tokenModules, width);
  const inside = folder.inside(entries[at]!.path);
  const states = widthOf(tokenModules, width);
  const pooling = readPooling(await readJsonFile(inside, MODULE_SETTINGS), states);
  // What changes the states of tokens behind the pooling has no part in the text's vector.
  const modules = (await readEach(folder, entries.slice(at + 1)))
    .filter(({ feature }) => feature === "sentence_embedding");
  checkSizes(folder, modules, pooling.modes.length * states);
  return { ...pooling, tokenModules, modules, missing: null };
}

/** What this library lacks for the modules of a folder, or what has no meaning about them; `null` for nothing. */
function missingIn(modules: readonly ModuleEntry[]): string | null {
  const kinds = modules.map(({ kind }) => kind);
  const isVector = (kind: string) => Object.hasOwn(VECTOR_MODULES, kind);
  const unknown = kinds.find((kind) => !isTransformer(kind) && kind !== "Pooling" && !isVector(kind));
  if (unknown !== undefined) return `a module ${unknown}`;
  const [first, ...further] = kinds;
  const others = further.filter((kind) => !isVector(kind));
  if (isTransformer(first) && others.length === 1 && others[0] === "Pooling") return null;
  return `modules ${kinds.join(", ")}, where a Transformer must be the first, and one Pooling among the others`;
}

async function readEach(folder: ModelFolder, entries: readonly ModuleEntry[]): Promise<VectorModule[]> {
  const found: VectorModule[] = [];
  for (const { kind, path } of entries) found.push(await VECTOR_MODULES[kind]!(folder.inside(path)));
  return found;
}

/** @throws {ConfigError} If a module does not take what the one before it gives. */
function checkSizes({ location }: ModelFolder, modules: readonly VectorModule[], width: number): void {
  modules.reduce((size, { kind, inputs, outputs }) => {
    if (inputs === null || inputs === size) return outputs ?? size;
    throw new ConfigError(
      `Cannot embed texts by the modules in ${quote(location)}: a ${kind} must take what the module before it gives, ` +
        `${size} numbers, and takes ${inputs}`,
    );
  }, width);
}

/** The elements of what a chain of modules gives, of what it takes. */
export function widthOf(modules: readonly VectorModule[], width: number): number {
  return modules.reduce((size, { outputs }) => outputs ?? size, width);
}
