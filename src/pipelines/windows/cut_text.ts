/** An encoded text, or pair, of which one text is cut into runs: the tokens round it are in every window. */

import { type BertTokenizer, isSecondText } from "../../text/bert_tokenizer.ts";
import type { Encoding } from "../../text/encoding/encoding.ts";
import { type EncodeContext, encodeText, type TextEncoding, type TextInput } from "../engine/encode.ts";
import type { Run } from "./runs.ts";

/** Which text of a pair is cut. */
export type Side = "text" | "text_pair";

/** An encoding, and the text of it that may be cut. */
export interface CutText {
  readonly encoding: TextEncoding;
  /** The position of that text's first token. */
  readonly start: number;
  /** The position after its last. */
  readonly end: number;
}

/** A text that was encoded to be cut. */
export interface ReadText extends CutText {
  /** The text that is cut. */
  readonly text: string;
  /** Of a pair, which of the two that is, and the other one. */
  readonly pair: { readonly side: Side; readonly other: string } | null;
}

/** How many special tokens the tokenizer puts round a text, or a pair. */
export function specialTokens(tokenizer: BertTokenizer, { isPair = false } = {}): number {
  return tokenizer.build_inputs_with_special_tokens([], isPair ? [] : undefined).length;
}

/**
 * A text's encoding, of which all tokens but the tokenizer's own may be cut.
 *
 * @param head So many of the text's first tokens are in every window. @default 0
 */
export function cutOf(encoding: TextEncoding, { tokenizer, head = 0 }: {
  tokenizer: BertTokenizer;
  head?: number;
}): CutText {
  const layout = tokenizer.build_inputs_with_special_tokens([FIRST]);
  const before = layout.indexOf(FIRST);
  const end = encoding.input_ids.length - (layout.length - 1 - before);
  return { encoding, start: Math.min(before + head, end), end };
}

/** What stands for the two texts where only the tokens about them matter; no token has such an id. */
const FIRST = -1;
const SECOND = -2;

/**
 * Encodes a text, or a pair, to be cut.
 *
 * @param context `side`: which text of a pair is cut; by default the longer one, of two equally long ones the second.
 * @throws {TypeError} If it is neither.
 * @throws {InputError} If the text has not what it needs.
 */
export function readCutText(
  input: TextInput,
  context: EncodeContext & { side?: Side; head?: number },
): ReadText {
  const { tokenizer } = context;
  const options = { ...context.options, return_offsets_mapping: true };
  const encoding = encodeText(input, { ...context, maximum: Infinity, truncation: false, options });
  const { text, text_pair } = typeof input === "string" ? { text: input } : input;
  if (!isSecondText(text_pair)) return { ...cutOf(encoding, context), text, pair: null };
  const layout = tokenizer.build_inputs_with_special_tokens([FIRST], [SECOND]);
  const first = tokenizer.encode(text, { add_special_tokens: false }).length;
  const second = encoding.input_ids.length - (layout.length - 2) - first;
  const { side = first > second ? "text" : "text_pair" } = context;
  const [own, other, tokens, others] = side === "text"
    ? [FIRST, SECOND, first, second]
    : [SECOND, FIRST, second, first];
  const at = layout.indexOf(own);
  const start = at + (layout.indexOf(other) < at ? others - 1 : 0);
  const [cut, rest] = side === "text" ? [text, text_pair] : [text_pair, text];
  return { encoding, start, end: start + tokens, text: cut, pair: { side, other: rest } };
}

/** The model's input for a run of the text that is cut, with the tokens round it. */
export function inputOf({ encoding, start, end }: CutText, { from, to }: Run): Encoding {
  if (from === 0 && start + to === end) return encoding;
  const part = (list: readonly number[]) => [
    ...list.slice(0, start),
    ...list.slice(start + from, start + to),
    ...list.slice(end),
  ];
  const input_ids = part(encoding.input_ids);
  return { input_ids, token_type_ids: part(encoding.token_type_ids), attention_mask: input_ids.map(() => 1) };
}
