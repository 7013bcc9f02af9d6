/** How token embeddings become one embedding, as the files of sentence-transformers beside a model say. */

import { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { findBytes, type ModelFolder } from "../../io/folder/model_folder.ts";

/** A way from token embeddings to the embedding of a text: none, their mean, the embedding of `[CLS]`. */
export type Pooling = "none" | "mean" | "cls";

/** Every {@linkcode Pooling}. */
export const POOLINGS: readonly Pooling[] = ["none", "mean", "cls"];

/** The settings for embeddings in a model's files. */
export interface SentenceConfig {
  /** The pooling that the model was trained with; `unknown` names one that this library does not have. */
  pooling: Pooling | { unknown: string };
  /** Whether its embeddings are scaled to length 1. */
  normalize: boolean;
  /** Most tokens that it was trained on. */
  maximum: number;
}

/** The settings of a model without such files. */
export const NO_SENTENCE_CONFIG: SentenceConfig = { pooling: "none", normalize: false, maximum: Infinity };

/**
 * Reads `modules.json`, `1_Pooling/config.json` (or the folder that `modules.json` names) and
 * `sentence_bert_config.json`, each if it is there.
 *
 * @throws {ConfigError} If one of them is not what sentence-transformers writes.
 * @throws {CheckpointError} If `modules.json` names no folder inside the model's.
 */
export async function readSentenceConfig(folder: ModelFolder): Promise<SentenceConfig> {
  const modules = readModules(await readJson(folder, "modules.json"), folder.location);
  const kinds = modules?.map(({ kind }) => kind).join(", ");
  const pooling = async (): Promise<SentenceConfig["pooling"]> => {
    if (modules === null) return await findPooling(folder.inside("1_Pooling")) ?? "none";
    if (!/^Transformer, Pooling(, Normalize)?$/.test(kinds!)) return { unknown: `modules ${kinds}` };
    const inside = folder.inside(modules[1]!.path);
    return await findPooling(inside) ?? refusePooling(inside);
  };
  return {
    pooling: await pooling(),
    normalize: kinds?.endsWith("Normalize") ?? false,
    maximum: readMaximum(await readJson(folder, "sentence_bert_config.json"), folder.location),
  };
}

/** The modules that a text goes through, in order; `null` if there is no such list. */
function readModules(json: unknown, location: string): { kind: string; path: string }[] | null {
  if (json === undefined) return null;
  const modules = Array.isArray(json) ? json.map(readModule) : [null];
  if (modules.every((module) => module !== null)) return modules;
  throw new ConfigError(
    `Cannot read modules.json in "${location}": it must be an array of objects with a type and a path`,
  );
}

function readModule(module: unknown): { kind: string; path: string } | null {
  if (!isObject(module) || typeof module.type !== "string" || typeof module.path !== "string") return null;
  return { kind: module.type.split(".").at(-1)!, path: module.path };
}

/** The pooling that the config.json of a folder names; `null` if there is no such file. */
async function findPooling(folder: ModelFolder): Promise<SentenceConfig["pooling"] | null> {
  const json = await readJson(folder, "config.json");
  if (json === undefined) return null;
  if (!isObject(json)) refusePooling(folder);
  const modes = Object.keys(json).filter((key) => key.startsWith("pooling_mode_") && json[key] === true).join(", ");
  if (modes === "pooling_mode_mean_tokens") return "mean";
  return modes === "pooling_mode_cls_token" ? "cls" : { unknown: modes || "no pooling_mode" };
}

function refusePooling({ location }: ModelFolder): never {
  throw new ConfigError(`Cannot read config.json in "${location}": it must be there, and be an object`);
}

function readMaximum(json: unknown, location: string): number {
  const length = isObject(json) ? json.max_seq_length ?? undefined : json;
  if (length === undefined) return Infinity;
  if (typeof length === "number" && Number.isSafeInteger(length) && length > 0) return length;
  throw new ConfigError(
    `Cannot read sentence_bert_config.json in "${location}": it must be an object whose max_seq_length is a whole ` +
      `number from 1, got ${JSON.stringify(length)}`,
  );
}

/** A file as JSON; `undefined` if there is none. */
async function readJson(folder: ModelFolder, file: string): Promise<unknown> {
  const bytes = await findBytes(folder, file);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const problem = (cause as Error).message;
    throw new ConfigError(`Cannot read ${file} in "${folder.location}": it must be JSON: ${problem}`, { cause });
  }
}
