/**
 * What the settings of a Transformer pass on to transformers. What is known to change no answer is taken, and a limit of
 * tokens is kept; anything else is refused by its name. tools/sentence/golden.py has Python compute with each of them.
 */

import type { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { shown } from "../../base/messages.ts";
import type { JsonFile } from "./json_file.ts";

/** Whether a value of an argument can be taken. */
type Fits = (value: unknown) => boolean;

const anything: Fits = () => true;
const isCount: Fits = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
const oneOf = (...values: readonly unknown[]): Fits => (value) => values.includes(value);

/** Where files come from: sentence-transformers puts its own values in place of these. */
const PLACES: Readonly<Record<string, Fits>> = {
  subfolder: anything,
  revision: anything,
  cache_dir: anything,
  local_files_only: anything,
  token: anything,
  trust_remote_code: oneOf(false),
};

const MODEL: Readonly<Record<string, Fits>> = {
  ...PLACES,
  attn_implementation: anything,
  dtype: oneOf("auto", "float32"),
  torch_dtype: oneOf("auto", "float32"),
  low_cpu_mem_usage: anything,
  use_safetensors: anything,
  add_pooling_layer: anything,
};

const TOKENIZER: Readonly<Record<string, Fits>> = {
  ...PLACES,
  use_fast: anything,
  clean_up_tokenization_spaces: anything,
  padding_side: oneOf("right"),
  model_max_length: isCount,
};

const CONFIG: Readonly<Record<string, Fits>> = { ...PLACES, attn_implementation: anything };

/** The arguments of a call of the tokenizer. */
const CALL: Readonly<Record<string, Fits>> = {
  padding: oneOf(true, "longest", "max_length"),
  truncation: oneOf(true, "longest_first"),
  max_length: isCount,
  add_special_tokens: oneOf(true),
  return_tensors: oneOf("pt"),
};

/** The object of arguments by kinds of input, and of these kinds those that are no text. */
const PROCESSING = "processing_kwargs";
const NO_TEXT = ["audio", "image", "video", "chat_template"];

/** Each of the objects of arguments, under the name of one version and of the one before. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, Fits>>>> = {
  model_args: MODEL,
  model_kwargs: MODEL,
  tokenizer_args: TOKENIZER,
  processor_kwargs: TOKENIZER,
  config_args: CONFIG,
  config_kwargs: CONFIG,
  [`${PROCESSING}.text`]: CALL,
  [`${PROCESSING}.common`]: CALL,
};

/** Arguments that limit the tokens of a text, the one that counts first. */
const LIMITS = [
  `${PROCESSING}.common.max_length`,
  `${PROCESSING}.text.max_length`,
  "tokenizer_args.model_max_length",
  "processor_kwargs.model_max_length",
];

/**
 * The arguments in a file, by paths such as `tokenizer_args.model_max_length`.
 *
 * @param keys What else the file may hold.
 * @throws {ConfigError} If there is an argument or a key that is not known, or has a value that would change the answer.
 */
export function argumentsIn(file: JsonFile, keys: readonly string[]): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  const take = (key: string, given: unknown) => {
    if (given === null) return;
    if (!Object.hasOwn(ARGUMENTS, key)) throw unknown(file, key, given);
    if (!isObject(given)) throw file.error(`${key} must be an object, got ${shown(given)}`);
    for (const [name, value] of Object.entries(given)) {
      if (value === null) continue;
      checkArgument(file, { key, name, value });
      found.set(`${key}.${name}`, value);
    }
  };
  for (const [path, given] of groupsIn(file, keys)) take(path, given);
  return found;
}

/** The objects of arguments in a file, and what else it has besides `keys`, by their paths. */
function groupsIn(file: JsonFile, keys: readonly string[]): (readonly [path: string, given: unknown])[] {
  return Object.entries(file.values).filter(([key]) => !keys.includes(key)).flatMap(([key, value]) => {
    if (key !== PROCESSING) return [[key, value] as const];
    const kinds = Object.entries(file.object(key) ?? {}).filter(([kind]) => !NO_TEXT.includes(kind));
    return kinds.map(([kind, given]) => [`${key}.${kind}`, given] as const);
  });
}

/** The limit of tokens among some arguments; `undefined` if there is none. */
export function limitIn(given: ReadonlyMap<string, unknown>): number | undefined {
  return LIMITS.map((path) => given.get(path) as number | undefined).find((limit) => limit !== undefined);
}

function checkArgument(file: JsonFile, { key, name, value }: { key: string; name: string; value: unknown }): void {
  if (name === "trust_remote_code" && value === true) {
    throw file.error(`${key} asks for trust_remote_code, and nothing in a folder is executed here`);
  }
  const known = ARGUMENTS[key]!;
  if (!Object.hasOwn(known, name)) throw unknown(file, `${key}.${name}`, value);
  if (!known[name]!(value)) throw file.error(`${key}.${name} must be left out, as here it cannot be ${shown(value)}`);
}

function unknown(file: JsonFile, path: string, value: unknown): ConfigError {
  return file.error(
    `${path} is not known here, and may change what is computed; it must be left out, got ${shown(value)}`,
  );
}
