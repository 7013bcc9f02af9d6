/** How a text's embedding is made, as the files of sentence-transformers beside a model say. */

import { ConfigError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import type { PoolingMode } from "../readouts/pooled_state.ts";
import { MODULE_SETTINGS, POOLING_FOLDER } from "./files.ts";
import { findJsonFile, readJsonFile } from "./json_file.ts";
import { isTransformer, type ModuleEntry, transformerFolder } from "./modules.ts";
import { type PoolingModule, readPooling } from "./pooling.ts";
import {
  NO_SETTINGS,
  readSettings,
  readTransformerSettings,
  type SentenceSettings,
  type TransformerSettings,
} from "./settings.ts";
import { VECTOR_MODULES, type VectorModule } from "./vector_modules.ts";

/** The settings for embeddings in a model's files. */
export interface SentenceConfig extends PoolingModule, SentenceSettings, TransformerSettings {
  /** The poolings; none if no file names one: then each token has its embedding. */
  readonly modes: readonly PoolingMode[];
  /** What stands behind the pooling, in order. */
  readonly modules: readonly VectorModule[];
  /** What the files ask for that this library does not have; `null` if it has all. */
  readonly missing: string | null;
}

/** The settings of a model without such files. */
export const NO_SENTENCE_CONFIG: SentenceConfig = {
  ...NO_SETTINGS,
  modes: [],
  includePrompt: true,
  modules: [],
  missing: null,
  maximum: Infinity,
  lowerCase: false,
};

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
    ...await readTransformerSettings(transformerFolder(folder, modules)),
  };
  if (modules === null) {
    const file = await findJsonFile(folder.inside(POOLING_FOLDER), MODULE_SETTINGS);
    return { ...NO_SENTENCE_CONFIG, ...settings, ...(file !== null && readPooling(file, width)) };
  }
  const missing = missingIn(modules);
  if (missing !== null) return { ...NO_SENTENCE_CONFIG, ...settings, missing };
  const [, { path }, ...further] = modules as [ModuleEntry, ModuleEntry, ...ModuleEntry[]];
  const pooling = readPooling(await readJsonFile(folder.inside(path), MODULE_SETTINGS), width);
  const chain = await readChain(folder, further, pooling.modes.length * width);
  return { ...NO_SENTENCE_CONFIG, ...settings, ...pooling, modules: chain };
}

/** What this library lacks for the modules of a folder, or what has no meaning about them; `null` for nothing. */
function missingIn(modules: readonly ModuleEntry[]): string | null {
  const kinds = modules.map(({ kind }) => kind);
  const known = (kind: string) => isTransformer(kind) || kind === "Pooling" || Object.hasOwn(VECTOR_MODULES, kind);
  const unknown = kinds.find((kind) => !known(kind));
  if (unknown !== undefined) return `a module ${unknown}`;
  const [first, second, ...further] = kinds;
  const isOrdered = isTransformer(first as string) && second === "Pooling" &&
    further.every((kind) => Object.hasOwn(VECTOR_MODULES, kind));
  return isOrdered ? null : `modules ${kinds.join(", ")}, where a Transformer, a Pooling and then others must be`;
}

async function readChain(
  folder: ModelFolder,
  entries: readonly ModuleEntry[],
  width: number,
): Promise<VectorModule[]> {
  const chain: VectorModule[] = [];
  let size = width;
  for (const { kind, path } of entries) {
    const module = await VECTOR_MODULES[kind]!(path === "" ? folder : folder.inside(path));
    if (module.inputs !== null && module.inputs !== size) {
      throw new ConfigError(
        `Cannot embed texts by the modules in ${quote(folder.location)}: ${kind} in ${
          quote(path)
        } must take what the ` +
          `module before it gives, ${size} numbers, and takes ${module.inputs}`,
      );
    }
    size = module.outputs ?? size;
    chain.push(module);
  }
  return chain;
}

/** The elements of an embedding, of what a chain of modules takes. */
export function widthOf(modules: readonly VectorModule[], width: number): number {
  return modules.reduce((size, { outputs }) => outputs ?? size, width);
}
