/** Prompts: what stands before a text, by the names that sentence-transformers gives its options. */

import { kindOf, quote, quoted } from "../../base/messages.ts";
import type { SentenceConfig } from "../../heads/sentence/sentence_config.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";

/** Options that choose a prompt. */
export interface PromptOptions {
  /** A text to put before each text; `""` for none. Default: that of {@linkcode prompt_name}. */
  prompt?: string;
  /**
   * The name of a prompt in `config_sentence_transformers.json` beside the model. Default: its `default_prompt_name`, if
   * it has one.
   */
  prompt_name?: string;
}

/**
 * The prompt of a call; `""` for none.
 *
 * @throws {RangeError} If there is none of that name, or both a prompt and a name are given.
 * @throws {TypeError} If it is no text.
 */
export function promptOf(
  { prompt, prompt_name }: PromptOptions,
  { prompts, defaultPrompt }: Pick<SentenceConfig, "prompts" | "defaultPrompt">,
): string {
  if (prompt !== undefined) {
    if (typeof prompt !== "string") {
      throw new TypeError(`Cannot embed texts: prompt must be a string, got ${kindOf(prompt)}`);
    }
    if (prompt_name === undefined) return prompt;
    throw new RangeError("Cannot embed texts: it must be prompt or prompt_name, got both");
  }
  const name = prompt_name ?? defaultPrompt;
  if (name === null) return "";
  if (Object.hasOwn(prompts, name)) return prompts[name] as string;
  throw new RangeError(
    `Cannot embed texts: prompt_name must be a prompt of the model's files, got ${quote(`${name}`)}; ` +
      `they have ${quoted(Object.keys(prompts))}`,
  );
}

/**
 * How many tokens of a text with a prompt are the prompt's: those that it has by itself, without a special token at their
 * end. As sentence-transformers counts them.
 */
export function promptLength(
  prompt: string,
  { tokenizer, maximum }: { tokenizer: BertTokenizer; maximum: number },
): number {
  const ids = tokenizer.encode(prompt, { truncation: true, max_length: maximum });
  const isEnded = ids.length > 0 && tokenizer.all_special_ids.includes(ids.at(-1) as number);
  return isEnded ? ids.length - 1 : ids.length;
}
