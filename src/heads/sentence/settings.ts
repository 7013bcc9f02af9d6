/** What `config_sentence_transformers.json` and the settings of a Transformer say. */

import { isObject } from "../../base/json.ts";
import { quote, quoted, shown } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import { SETTINGS, TRANSFORMER_SETTINGS } from "./files.ts";
import { findJsonFile, type JsonFile } from "./json_file.ts";

/** How embeddings of a model are compared, by the name that sentence-transformers gives it. */
export type Similarity = "cosine" | "dot" | "euclidean" | "manhattan";

const SIMILARITIES: readonly Similarity[] = ["cosine", "dot", "euclidean", "manhattan"];

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
  const type = file.text("model_type") ?? "SentenceTransformer";
  if (type !== "SentenceTransformer") {
    throw file.error(`model_type must be "SentenceTransformer" to embed texts, got ${quote(type)}`);
  }
  return { ...readPrompts(file), similarity: readSimilarity(file), dimensions: file.count("truncate_dim") ?? null };
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

/** Settings of the module that reads the text. */
export interface TransformerSettings {
  /** Most tokens that it was trained on. */
  readonly maximum: number;
  /** Whether a text is lower-cased before the tokenizer has it. */
  readonly lowerCase: boolean;
}

/** What is taken of the language model. */
const STATES = { method: "forward", method_output_name: "last_hidden_state" };

/** Settings that pass arguments on to transformers; those of one version, and of the one before. */
const ARGUMENTS = ["model_args", "model_kwargs", "tokenizer_args", "processor_kwargs", "config_args", "config_kwargs"];

/**
 * Reads the settings of a Transformer from its folder, if they are there.
 *
 * @throws {ConfigError} If they are not what sentence-transformers writes, or ask for something that is not there.
 */
export async function readTransformerSettings(folder: ModelFolder): Promise<TransformerSettings> {
  const file = await findJsonFile(folder, TRANSFORMER_SETTINGS);
  if (file === null) return { maximum: Infinity, lowerCase: false };
  const task = file.text("transformer_task") ?? "feature-extraction";
  if (task !== "feature-extraction") {
    throw file.error(`transformer_task must be "feature-extraction" to embed texts, got ${quote(task)}`);
  }
  const output = file.text("module_output_name") ?? "token_embeddings";
  if (output !== "token_embeddings") {
    throw file.error(`module_output_name must be "token_embeddings", got ${quote(output)}`);
  }
  const { text = STATES } = file.object("modality_config") ?? {};
  if (!isObject(text) || text.method !== STATES.method || text.method_output_name !== STATES.method_output_name) {
    throw file.error(`modality_config must take ${shown(STATES)} of a text, got ${shown(text)}`);
  }
  for (const key of ARGUMENTS) {
    const given = file.object(key) ?? {};
    if (given.trust_remote_code === true) {
      throw file.error(`${key} asks for trust_remote_code, and nothing in a folder is executed here`);
    }
  }
  return { maximum: file.count("max_seq_length") ?? Infinity, lowerCase: file.flag("do_lower_case") ?? false };
}
