/** Checks the options that callers give. */

import { describe } from "../../base/messages.ts";
import type { DecodeOptions, EncodeOptions, PadOptions } from "./encoding.ts";

const SWITCH = [true, false];
const SIDE = ["left", "right"];
const PADDING = [true, false, "longest", "max_length", "do_not_pad"];
const TRUNCATION = [true, false, "longest_first", "only_first", "only_second", "do_not_truncate"];

/** What an option may be: one of several values, a whole number from that number up, or a text. */
type Choice = readonly unknown[] | number | "text";

const PAD_CHOICES = { padding: PADDING, padding_side: SIDE, max_length: 1 } as const;
const ENCODE_CHOICES = {
  ...PAD_CHOICES,
  text_pair: "text",
  add_special_tokens: SWITCH,
  truncation: TRUNCATION,
  truncation_side: SIDE,
  stride: 0,
  return_token_type_ids: SWITCH,
  return_special_tokens_mask: SWITCH,
  return_offsets_mapping: SWITCH,
  return_word_ids: SWITCH,
  return_overflowing_tokens: SWITCH,
} as const;
const DECODE_CHOICES = { skip_special_tokens: SWITCH, clean_up_tokenization_spaces: SWITCH } as const;

/** The options of each action, by the name that messages give it. */
const CHOICES = {
  encode: ENCODE_CHOICES satisfies Record<keyof EncodeOptions, Choice>,
  pad: PAD_CHOICES satisfies Record<keyof PadOptions, Choice>,
  decode: DECODE_CHOICES satisfies Record<keyof DecodeOptions, Choice>,
};

/**
 * Checks that options exist and have values that they may have. What is `undefined` counts as not given.
 *
 * @throws {TypeError} On an unknown option, or a value of the wrong kind.
 * @throws {RangeError} On a number that is not whole or too small.
 */
export function checkOptions(action: keyof typeof CHOICES, options: object): void {
  if (typeof options !== "object" || options === null) {
    const cure = action === "encode" && typeof options === "string" ? "; a second text is given as { text_pair }" : "";
    throw new TypeError(`Cannot ${action}: options must be an object, got ${describe(options)}${cure}`);
  }
  const choices: Record<string, Choice> = CHOICES[action];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(choices, name)) {
      throw new TypeError(`Cannot ${action}: there is no option "${name}", only ${Object.keys(choices).join(", ")}`);
    }
    checkValue(`Cannot ${action}: ${name}`, value, choices[name]!);
  }
}

function checkValue(subject: string, value: unknown, choice: Choice): void {
  if (choice === "text") {
    if (typeof value !== "string" && value !== null) {
      throw new TypeError(`${subject} must be a string, got ${describe(value)}`);
    }
  } else if (typeof choice === "number") {
    if (typeof value !== "number") throw new TypeError(`${subject} must be a number, got ${describe(value)}`);
    // Infinity is allowed: it is the `model_max_length` of a model without a limit.
    if (value >= choice && (Number.isSafeInteger(value) || value === Infinity)) return;
    throw new RangeError(`${subject} must be a whole number from ${choice} up, got ${value}`);
  } else if (!choice.includes(value)) {
    const expected = choice.map((each) => JSON.stringify(each)).join(", ");
    throw new TypeError(`${subject} must be one of ${expected}, got ${describe(value)}`);
  }
}
