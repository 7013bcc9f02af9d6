/** What `config_sentence_transformers.json` says. */

import { quote, quoted } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import { SETTINGS } from "./files.ts";
import { SIMILARITIES, type Similarity } from "../../vectors/similarity.ts";
import { findJsonFile, type JsonFile } from "./json_file.ts";

/** Settings of a whole model. */
export interface SentenceSettings {
  /** Texts that can be put before a text, by name. */
  readonly prompts: Readonly<Record<string, string>>;
  /** The prompt of a call that names none; `null` for no prompt. */
  readonly defaultPrompt: string | null;
  /** How its embeddings are compared. */
  readonly similarity: Similarity;
  /** Dimensions that are kept, the first ones; `null` for all. */
  readonly dimensions: number | null;
}

/** Names that every model has, without a text if its files give none. */
const PROMPTS = { query: "", document: "" };

/** The settings of a model that has none. */
export const NO_SETTINGS: SentenceSettings = {
  prompts: PROMPTS,
  defaultPrompt: null,
  similarity: "cosine",
  dimensions: null,
};

/**
 * Reads `config_sentence_transformers.json`, if it is there.
 *
 * @throws {ConfigError} If it is not what sentence-transformers writes, or is of another kind of model.
 */
export async function readSettings(folder: ModelFolder): Promise<SentenceSettings> {
  const file = await findJsonFile(folder, SETTINGS);
  if (file === null) return NO_SETTINGS;
  const type = modelType(file);
  if (type !== "SentenceTransformer") {
    throw file.error(`model_type must be "SentenceTransformer" to embed texts, got ${quote(type)}`);
  }
  return { ...readPrompts(file), similarity: readSimilarity(file), dimensions: file.count("truncate_dim") ?? null };
}

/** The kind of a model, which versions before 5 do not say: they have one kind beside a list of modules. */
export function modelType(file: JsonFile): string {
  return file.text("model_type") ?? "SentenceTransformer";
}

/** The prompts of a model, which is of any kind. */
export function readPrompts(file: JsonFile): Pick<SentenceSettings, "prompts" | "defaultPrompt"> {
  const named = Object.fromEntries(
    Object.entries(file.object("prompts") ?? {}).map(([name, prompt]) => {
      if (prompt !== null && typeof prompt !== "string") {
        throw file.error(`prompts must be texts by their names, got another kind under ${quote(name)}`);
      }
      return [name, prompt ?? ""];
    }),
  );
  const prompts: Record<string, string> = { ...PROMPTS, ...named };
  const defaultPrompt = file.text("default_prompt_name") ?? null;
  if (defaultPrompt !== null && !Object.hasOwn(prompts, defaultPrompt)) {
    throw file.error(
      `default_prompt_name must be one of the prompts, got ${quote(defaultPrompt)}; these are ${
        quoted(Object.keys(prompts))
      }`,
    );
  }
  return { prompts, defaultPrompt };
}

function readSimilarity(file: JsonFile): Similarity {
  const name = file.text("similarity_fn_name") ?? "cosine";
  const similarity = SIMILARITIES.find((one) => one === name);
  if (similarity !== undefined) return similarity;
  throw file.error(`similarity_fn_name must be one of ${quoted(SIMILARITIES)}, got ${quote(name)}`);
}
