/** What a CrossEncoder's files say about its scores. */

import { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { quote } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { type Activation, readActivation } from "./activations.ts";
import { SETTINGS } from "./files.ts";
import { findJsonFile, JsonFile } from "./json_file.ts";
import { isTransformer, readModules } from "./modules.ts";
import { readPrompts } from "./settings.ts";

/** Where config.json has the activation: of version 4 on as a field of an object, before that by itself. */
const OBJECT = "sentence_transformers";
const FIELD = "activation_fn";
const BEFORE = "sbert_ce_default_activation_function";

/**
 * The function from logits to scores that a CrossEncoder's files name: `config_sentence_transformers.json` first, as
 * version 5.4 and later write it, then config.json, in both its spellings. `null` if none of them does.
 *
 * @param folder The folder of the model; `null` if it is not known.
 * @throws {ConfigError} If it is none of PyTorch's, there are further modules, or a prompt is asked for, which a ranking does not have.
 */
export async function readRankingActivation(
  folder: ModelFolder | null,
  config: NarrowBertConfig,
): Promise<Activation | null> {
  const modules = folder === null ? null : await readModules(folder);
  const further = modules?.find(({ kind }) => !isTransformer(kind));
  if (further !== undefined) {
    throw new ConfigError(
      `Cannot rank texts by the modules in ${quote(folder!.location)}: a Transformer must be the only one, got ` +
        (modules ?? []).map(({ kind }) => kind).join(", "),
    );
  }
  // As sentence-transformers, which looks at these settings only beside a list of modules.
  const settings = modules === null ? null : await findJsonFile(folder!, SETTINGS);
  if (settings !== null) {
    const { defaultPrompt, prompts } = readPrompts(settings);
    if (defaultPrompt !== null && prompts[defaultPrompt] !== "") {
      throw settings.error(`default_prompt_name must be left out for a ranking, got ${quote(defaultPrompt)}`);
    }
    const named = readActivation(settings, FIELD);
    if (named !== undefined) return named;
  }
  const values = config.to_json();
  const file = (json: Record<string, unknown>) => new JsonFile(json, `config.json in ${quote(folder?.location ?? "")}`);
  const inside = values[OBJECT];
  return (isObject(inside) ? readActivation(file(inside), FIELD) : undefined) ??
    readActivation(file(values), BEFORE) ?? null;
}
