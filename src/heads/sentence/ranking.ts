/** What a CrossEncoder's files say about its scores, and about the texts that it reads. */

import { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { quote } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { type Activation, readActivation } from "./activations.ts";
import { SETTINGS } from "./files.ts";
import { findJsonFile, JsonFile } from "./json_file.ts";
import { isTransformer, readModules } from "./modules.ts";
import { modelType, readPrompts } from "./settings.ts";
import {
  NO_TRANSFORMER_SETTINGS,
  RANKING,
  readTransformerSettings,
  type TransformerSettings,
} from "./transformer_settings.ts";

/** The settings for rankings in a model's files. */
export interface RankingConfig extends TransformerSettings {
  /** The function from logits to scores; `null` if no file names one. */
  readonly activation: Activation | null;
}

/** The settings of a model without such files. */
export const NO_RANKING_CONFIG: RankingConfig = { activation: null, ...NO_TRANSFORMER_SETTINGS };

/** Where config.json has the activation: of version 4 on as a field of an object, before that by itself. */
const OBJECT = "sentence_transformers";
const FIELD = "activation_fn";
const BEFORE = "sbert_ce_default_activation_function";

/**
 * Reads what a CrossEncoder's files say. Its activation is that of `config_sentence_transformers.json`, as version 5.4 and
 * later write it, else that of config.json, in both its spellings.
 *
 * @param folder The folder of the model; `null` if it is not known.
 * @throws {ConfigError} If a file is not what sentence-transformers writes, there are further modules, or a prompt is asked
 *   for, which a ranking does not have.
 */
export async function readRankingConfig(folder: ModelFolder | null, config: NarrowBertConfig): Promise<RankingConfig> {
  const stored = folder === null ? null : await readStored(folder);
  const activation = stored?.activation ?? configActivation(config, folder?.location ?? "");
  return { ...NO_RANKING_CONFIG, ...stored, activation };
}

/** What stands beside a list of modules; `null` if that is not of a CrossEncoder, as sentence-transformers reads it. */
async function readStored(folder: ModelFolder): Promise<RankingConfig | null> {
  const modules = await readModules(folder);
  if (modules === null) return null;
  if (modules.some(({ kind }) => !isTransformer(kind))) {
    throw new ConfigError(
      `Cannot rank texts by the modules in ${quote(folder.location)}: a Transformer must be the only one, got ` +
        modules.map(({ kind }) => kind).join(", "),
    );
  }
  const settings = await findJsonFile(folder, SETTINGS);
  if (settings === null || modelType(settings) !== "CrossEncoder") return null;
  const { defaultPrompt, prompts } = readPrompts(settings);
  if (defaultPrompt !== null && prompts[defaultPrompt] !== "") {
    throw settings.error(`default_prompt_name must be left out for a ranking, got ${quote(defaultPrompt)}`);
  }
  const activation = readActivation(settings, FIELD) ?? null;
  return { ...await readTransformerSettings(folder, { modules, use: RANKING }), activation };
}

function configActivation(config: NarrowBertConfig, location: string): Activation | null {
  const values = config.to_json();
  const file = (json: Record<string, unknown>) => new JsonFile(json, `config.json in ${quote(location)}`);
  const inside = values[OBJECT];
  return (isObject(inside) ? readActivation(file(inside), FIELD) : undefined) ??
    readActivation(file(values), BEFORE) ?? null;
}
