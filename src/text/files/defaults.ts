/** The defaults of a tokenizer's calls that `tokenizer_config.json` says, and `tokenizer.json` behind it. */

import { isObject } from "../../base/json.ts";
import type { Side } from "../encoding/encoding.ts";
import type { Defaults } from "../encoding/plan.ts";
import type { Fail } from "../pipeline/fields.ts";
import { isId } from "../pipeline/models/vocabulary.ts";
import { classOf } from "./classes.ts";
import type { TokenizerConfig } from "./config.ts";

type Check = [isRight: (value: unknown) => boolean, expected: string];

const DIRECTION: Check = [(value) => value === "Left" || value === "Right", '"Left" or "Right"'];
const COUNT: Check = [isId, "a whole number from 0 up"];

/** The fields of `padding`; those that are absent or `null` count as not given. */
const PADDING: Readonly<Record<string, Check>> = {
  direction: DIRECTION,
  strategy: [
    (value) => value === "BatchLongest" || isObject(value) && isId(value.Fixed),
    '"BatchLongest" or { "Fixed": length }',
  ],
  pad_to_multiple_of: COUNT,
  pad_id: COUNT,
  pad_type_id: [(value) => value === 0, "0, the only type of padding that is known here"],
  pad_token: [(value) => typeof value === "string", "a text"],
};

/** The fields of `truncation`. */
const TRUNCATION: Readonly<Record<string, Check>> = {
  direction: DIRECTION,
  strategy: [
    (value) => ["LongestFirst", "OnlyFirst", "OnlySecond"].includes(value as string),
    '"LongestFirst", "OnlyFirst" or "OnlySecond"',
  ],
  max_length: COUNT,
  stride: COUNT,
};

/** The lists that a model is given if `model_input_names` does not say. */
const NAMES = ["input_ids", "token_type_ids", "attention_mask"];

/**
 * Reads the defaults of a tokenizer's calls. Of the padding and truncation of `tokenizer.json` only the sides count, as
 * in Python.
 *
 * @throws {TokenizerError} On a field of these of the wrong kind.
 */
export function readDefaults(
  file: Readonly<Record<string, unknown>>,
  config: TokenizerConfig,
  fail: Fail,
): Defaults {
  const padding = directionOf("padding", { file, checks: PADDING, fail });
  const truncation = directionOf("truncation", { file, checks: TRUNCATION, fail });
  const { hasTypes } = classOf(config);
  return {
    model_max_length: config.model_max_length ?? Infinity,
    padding_side: config.padding_side ?? padding ?? "right",
    truncation_side: config.truncation_side ?? truncation ?? "right",
    model_input_names: config.model_input_names ??
      NAMES.filter((name) => hasTypes || name !== "token_type_ids"),
  };
}

function directionOf(
  name: "padding" | "truncation",
  { file, checks, fail }: {
    file: Readonly<Record<string, unknown>>;
    checks: Readonly<Record<string, Check>>;
    fail: Fail;
  },
): Side | undefined {
  const value = file[name];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return fail(name, "an object or null", value);
  for (const [field, [isRight, expected]] of Object.entries(checks)) {
    const found = value[field];
    if (found !== undefined && found !== null && !isRight(found)) fail(`${name}.${field}`, expected, found);
  }
  return value.direction === "Left" ? "left" : value.direction === "Right" ? "right" : undefined;
}
