/** Task `score`: how likely a masked language model finds a text, by masking each of its tokens in turn. */

import { InputError } from "../../base/errors.ts";
import { excerpt } from "../../base/messages.ts";
import type { NarrowBertForMaskedLM } from "../../heads/masked_lm.ts";
import { wordProbabilities } from "../../heads/readouts/words.ts";
import { neededToken } from "../../text/needed_token.ts";
import { checkString, encodeText, mostTokens, type TextOptions } from "../engine/encode.ts";
import { sizeWithLogits } from "./logits_size.ts";
import { type PipelineParts, type SimplePipeline, simplePipeline, type TaskParts } from "../engine/parts.ts";
import type { AnsweringModel, Item, Task, TaskRun } from "../engine/task.ts";
import { cutOf, specialTokens } from "../windows/cut_text.ts";
import { checkStride, type StrideOptions } from "../windows/options.ts";
import { limitOf, tokenWindows, wordBegins } from "../windows/token_windows.ts";

/** How likely one token of a text is. */
export interface TokenScore {
  /** Its position in the encoded text; `[CLS]` is 0. */
  index: number;
  /** Id of the word piece. */
  token: number;
  /** The word piece as text. */
  token_str: string;
  /** Natural logarithm of its probability when it alone is masked. */
  score: number;
}

/** How likely a text is. */
export interface TextScore {
  /** Pseudo log-likelihood: the sum of the scores of its tokens. */
  score: number;
  /** Its tokens from left to right, without special tokens. */
  tokens: TokenScore[];
}

/**
 * Options of {@linkcode ScorePipeline}. With `stride` each token is masked once, in the window with more of its context.
 */
export interface ScoreOptions extends TextOptions, StrideOptions {}

/**
 * Scores texts by their pseudo log-likelihood (Salazar et al., ACL 2020). A text of n tokens is computed n times, each
 * time with another token masked; narrow layers compute only that token.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using score = await pipeline("score");
 * const [good, bad] = await score(["the wife of a king", "the wife king of a"]);
 * console.log(good!.score > bad!.score); // true
 * ```
 *
 * @throws {InputError} On a text without a word, or one that is longer than the model takes if there is no `stride`.
 */
export type ScorePipeline<Model = NarrowBertForMaskedLM> = SimplePipeline<string, TextScore, ScoreOptions, Model>;

/** A text or a window of one, and the token to mask. */
interface Masking extends Item {
  /** Its position in the text's encoding. */
  readonly index: number;
  /** Its position in the window. */
  readonly position: number;
}

/** Makes the pipeline of a loaded masked language model, which it then owns. */
export function createScore(parts: TaskParts): ScorePipeline {
  return simplePipeline({ name: "score", task: scoreTask }, parts);
}

function scoreTask(parts: PipelineParts<AnsweringModel>): Task<string, TextScore, ScoreOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  const { cls_token_id, sep_token_id, pad_token_id, mask_token_id } = tokenizer;
  const special = new Set([cls_token_id, sep_token_id, pad_token_id, mask_token_id]);
  return {
    model,
    action: "score",
    noun: "text",
    options: ["truncation", "stride"],
    begin({ truncation, stride }): TaskRun<string, TextScore, Masking> {
      checkStride(stride, { action: "score texts", capacity: maximum - specialTokens(tokenizer) });
      const limit = limitOf(maximum, { stride, truncation });
      return {
        pack(text, name) {
          const subject = `score ${name}`;
          checkString(text, subject);
          const encoding = encodeText(text, { tokenizer, subject, ...limit, options: { return_word_ids: true } });
          const { input_ids, special_tokens_mask } = encoding;
          const cut = cutOf(encoding, { tokenizer });
          const windows = tokenWindows(cut, { begins: wordBegins(cut), maximum, stride });
          const items = windows.flatMap(({ encoding, first, last, shift }) =>
            Array.from({ length: last - first }, (_, i) => first + i)
              .filter((index) => special_tokens_mask[index] === 0 && !special.has(input_ids[index]))
              .map((index) => ({ encoding, index, position: index - shift }))
          );
          if (items.length > 0) return items;
          throw new InputError(`Cannot ${subject}: it must hold a word that is no special token, got ${excerpt(text)}`);
        },
        sizeOf: ({ encoding }) => sizeWithLogits(encoding, model.config.vocab_size),
        readout: wordProbabilities,
        tokens: ({ encoding, position }) => ({
          ...encoding,
          input_ids: encoding.input_ids.with(position, neededToken(tokenizer, "mask_token", "score texts").id),
        }),
        ask: ({ encoding, position }) => ({ positions: [position], words: [encoding.input_ids[position]] }),
        collect(results, items) {
          const tokens = items.map(({ encoding, index, position }, i) => {
            const token = encoding.input_ids[position]!;
            return { index, token, token_str: tokenizer.decode([token]), score: results[i]!.values[0]! };
          });
          return { score: tokens.reduce((sum, { score }) => sum + score, 0), tokens };
        },
      };
    },
  };
}
