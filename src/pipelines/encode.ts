/** From texts to a model's inputs: encoded, refused by name where they do not fit, and put together into batches. */

import { InputError } from "../base/errors.ts";
import type { BertTokenizer, Encoding } from "../text/bert_tokenizer.ts";

/** A text, or a pair of texts that the model reads together. */
export type TextInput = string | { text: string; text_pair?: string };

/** Options of every task that takes texts. */
export interface TextOptions {
  /** Cut a text that is longer than the model takes, rather than refuse it. Default `false`. */
  truncation?: boolean;
}

/** What {@linkcode encodeTexts} encodes with. */
export interface EncodeContext extends TextOptions {
  tokenizer: BertTokenizer;
  /** Most positions the model has. */
  positions: number;
  /** What will be done with the texts, for messages: `classify`. */
  action: string;
}

/**
 * Encodes all texts, before anything is computed.
 *
 * @throws {InputError} On a text without any word piece, or longer than the model takes where `truncation` is off.
 */
export function encodeTexts(inputs: readonly TextInput[], context: EncodeContext): Encoding[] {
  const { tokenizer, truncation = false, action } = context;
  const maximum = Math.min(tokenizer.model_max_length, context.positions);
  return inputs.map((input, index) => {
    const { text, text_pair } = typeof input === "string" ? { text: input, text_pair: undefined } : input;
    const encoding = tokenizer.encode_plus(text, { text_pair, truncation, max_length: maximum });
    const { length } = encoding.input_ids;
    if (length === (text_pair === undefined ? 2 : 3)) {
      throw new InputError(`Cannot ${action} ${nameOf(inputs, index)}: it must hold a word, got ${excerpt(text)}`);
    }
    if (length > maximum) {
      throw new InputError(
        `Cannot ${action} ${nameOf(inputs, index)}: the model takes ${maximum} tokens, got ${length} (${
          excerpt(text)
        }); ` +
          "shorten the text, or ask for truncation",
      );
    }
    return encoding;
  });
}

/** How messages call the text at `index`: `text 3 of 8`, or `the text` where it is the only one. */
export function nameOf(inputs: readonly unknown[], index: number): string {
  return inputs.length === 1 ? "the text" : `text ${index + 1} of ${inputs.length}`;
}

/** The text in quotes, cut to a length that fits a message. */
export function excerpt(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length <= 40 ? text : characters.slice(0, 39).join("") + "…");
}
