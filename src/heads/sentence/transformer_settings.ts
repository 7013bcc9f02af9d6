/** What the settings of a Transformer say: the module that reads the text, of an embedding or of a ranking. */

import { isObject } from "../../base/json.ts";
import { quote, shown } from "../../base/messages.ts";
import { findBytes, type ModelFolder } from "../../io/folder/model_folder.ts";
import { TRANSFORMER_SETTINGS } from "./files.ts";
import { asJsonFile, type JsonFile } from "./json_file.ts";
import { locateTransformer, type ModuleEntry } from "./modules.ts";
import { argumentsIn, limitIn } from "./transformer_arguments.ts";

/** Settings of the module that reads the text. */
export interface TransformerSettings {
  /** Most tokens of a text; `null` if that is left to the tokenizer's own files. */
  readonly maximum: number | null;
  /** Whether a text is lower-cased before the tokenizer's normalizer has it. */
  readonly lowerCase: boolean;
}

/** The settings of a model that has none. */
export const NO_TRANSFORMER_SETTINGS: TransformerSettings = { maximum: null, lowerCase: false };

/** What a Transformer is asked for, by the names that sentence-transformers gives it. */
export interface TransformerUse {
  /** The action, for messages. */
  readonly action: string;
  /** The task, by which the class of the model is chosen. */
  readonly task: string;
  /** What the module gives. */
  readonly output: string;
  /** What it takes of the model. */
  readonly states: string;
}

/** The states of tokens, to embed texts. */
export const EMBEDDING: TransformerUse = {
  action: "embed texts",
  task: "feature-extraction",
  output: "token_embeddings",
  states: "last_hidden_state",
};

/** The logit of a pair, to rank texts. */
export const RANKING: TransformerUse = {
  action: "rank texts",
  task: "sequence-classification",
  output: "scores",
  states: "logits",
};

/** What these files may hold, besides arguments of transformers. `unpad_inputs` changes how a batch is laid out, not what it gives. */
const KEYS = [
  "max_seq_length",
  "do_lower_case",
  "transformer_task",
  "module_output_name",
  "modality_config",
  "unpad_inputs",
];

/**
 * The file with a Transformer's settings: of the names that it may have the first whose object is not empty. Without a
 * list of modules it has the present name, or there is none.
 *
 * @param root The folder that has the list of modules.
 * @throws {ConfigError} If it is no object.
 */
export async function findTransformerSettings(
  root: ModelFolder,
  modules: readonly ModuleEntry[] | null,
): Promise<{ name: string; bytes: Uint8Array; file: JsonFile } | null> {
  const folder = await locateTransformer(root);
  for (const name of modules === null ? TRANSFORMER_SETTINGS.slice(0, 1) : TRANSFORMER_SETTINGS) {
    const bytes = await findBytes(folder, name);
    if (bytes === null) continue;
    const file = asJsonFile(bytes, { folder, file: name });
    if (Object.keys(file.values).length > 0) return { name, bytes, file };
  }
  return null;
}

/**
 * Reads the settings of a Transformer, if they are there. What would change the answer, and is not there, is refused by its name.
 *
 * @param root The folder that has the list of modules.
 * @param about `modules`: what that list says; `use`: what the Transformer is asked for.
 * @throws {ConfigError} If they are not what sentence-transformers writes, or ask for something that is not there.
 */
export async function readTransformerSettings(
  root: ModelFolder,
  { modules, use }: { modules: readonly ModuleEntry[] | null; use: TransformerUse },
): Promise<TransformerSettings> {
  const found = await findTransformerSettings(root, modules);
  if (found === null) return NO_TRANSFORMER_SETTINGS;
  const { file } = found;
  const given = argumentsIn(file, KEYS);
  checkUse(file, use);
  return {
    maximum: limitIn(given) ?? file.count("max_seq_length") ?? null,
    lowerCase: file.flag("do_lower_case") ?? false,
  };
}

/** @throws {ConfigError} If the Transformer gives something else than it is asked for. */
function checkUse(file: JsonFile, { action, task, output, states }: TransformerUse): void {
  for (const [key, expected] of [["transformer_task", task], ["module_output_name", output]] as const) {
    const found = file.text(key) ?? expected;
    if (found !== expected) throw file.error(`${key} must be ${quote(expected)} to ${action}, got ${quote(found)}`);
  }
  const config = file.object("modality_config");
  if (config === undefined) return;
  const { text, message } = config;
  const wanted = { method: "forward", method_output_name: states };
  if (!isObject(text) || text.method !== wanted.method || text.method_output_name !== wanted.method_output_name) {
    throw file.error(`modality_config must take ${shown(wanted)} of a text to ${action}, got ${shown(text)}`);
  }
  if (message === undefined || message === null) return;
  throw file.error("modality_config must take texts as they are, got messages of a chat, which are not there");
}
