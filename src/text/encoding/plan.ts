/** Completes the options of encoding with the defaults of the tokenizer. */

import type { EncodeOptions, PaddingStrategy, PadOptions, Side } from "./encoding.ts";
import { checkOptions } from "./options.ts";
import type { Cut } from "./truncation.ts";

/** The defaults of a tokenizer. */
export interface Defaults {
  /** Most tokens of one input; `Infinity` if nothing is known. */
  model_max_length: number;
  padding_side: Side;
  truncation_side: Side;
  /** The lists that a model is given. */
  model_input_names: readonly string[];
}

/** Which lists an encoding holds besides the usual three. */
export interface Wanted {
  special_tokens_mask: boolean;
  offset_mapping: boolean;
  word_ids: boolean;
  overflowing: boolean;
}

/** How to cut texts; without it they stay whole. */
export interface TruncationPlan {
  cut: Cut;
  side: Side;
  /** Tokens that may stay, special tokens included. */
  maximum: number;
  /** Tokens of the part before that each part repeats. */
  stride: number;
}

/** How to pad; without it nothing is padded. */
export interface PaddingPlan {
  /** Tokens to pad to. */
  to: number | "longest";
  side: Side;
}

/** Options that have been checked. */
export interface Plan {
  frame: boolean;
  truncation?: TruncationPlan;
  padding?: PaddingPlan;
  /** Whether tokens have the types of their texts; else all are of type 0. */
  types: boolean;
  wanted: Wanted;
}

/**
 * Completes the options of an encoding.
 *
 * @throws {TypeError} As {@linkcode checkOptions} does.
 * @throws {RangeError} As {@linkcode checkOptions} does, or if padding to `max_length` has no length.
 */
export function planEncoding(options: EncodeOptions, defaults: Defaults): Plan {
  checkOptions("encode", options);
  // max_length alone asks for truncation, as in transformers.
  const { max_length, padding = false, truncation = max_length !== undefined && padding === false } = options;
  return {
    frame: options.add_special_tokens ?? true,
    truncation: truncation === false || truncation === "do_not_truncate" ? undefined : {
      cut: truncation === true ? "longest_first" : truncation,
      side: options.truncation_side ?? defaults.truncation_side,
      maximum: max_length ?? defaults.model_max_length,
      stride: options.stride ?? 0,
    },
    padding: planPadding("encode", { ...options, padding }, defaults),
    types: options.return_token_type_ids ?? defaults.model_input_names.includes("token_type_ids"),
    wanted: {
      special_tokens_mask: options.return_special_tokens_mask ?? false,
      offset_mapping: options.return_offsets_mapping ?? false,
      word_ids: options.return_word_ids ?? false,
      overflowing: options.return_overflowing_tokens ?? false,
    },
  };
}

/** Completes the options of padding; `undefined` if nothing is padded. */
export function planPadding(
  action: string,
  { padding, padding_side, max_length }: PadOptions & { padding: PaddingStrategy },
  defaults: Defaults,
): PaddingPlan | undefined {
  if (padding === false || padding === "do_not_pad") return undefined;
  const side = padding_side ?? defaults.padding_side;
  if (padding !== "max_length") return { to: "longest", side };
  const to = max_length ?? defaults.model_max_length;
  if (Number.isFinite(to)) return { to, side };
  throw new RangeError(
    `Cannot ${action}: padding "max_length" needs a max_length, as the tokenizer's configuration has no model_max_length`,
  );
}
