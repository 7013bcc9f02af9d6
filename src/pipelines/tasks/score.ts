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

/** How likely one token of a text is. */
export interface TokenScore {
  /** Its position in the model's input; `[CLS]` is 0. */
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
 * @throws {InputError} On a text without a word, or one that is longer than the model takes.
 */
export type ScorePipeline<Model = NarrowBertForMaskedLM> = SimplePipeline<string, TextScore, TextOptions, Model>;

/** A text, and the position of the token to mask. */
interface Masking extends Item {
  readonly position: number;
}

/** Makes the pipeline of a loaded masked language model, which it then owns. */
export function createScore(parts: TaskParts): ScorePipeline {
  return simplePipeline({ name: "score", task: scoreTask }, parts);
}

function scoreTask(parts: PipelineParts<AnsweringModel>): Task<string, TextScore, TextOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  const { cls_token_id, sep_token_id, pad_token_id, mask_token_id } = tokenizer;
  const special = new Set([cls_token_id, sep_token_id, pad_token_id, mask_token_id]);
  return {
    model,
    action: "score",
    noun: "text",
    options: ["truncation"],
    begin: ({ truncation }): TaskRun<string, TextScore, Masking> => ({
      pack(text, name) {
        const subject = `score ${name}`;
        checkString(text, subject);
        const encoding = encodeText(text, { tokenizer, maximum, subject, truncation });
        const { input_ids, special_tokens_mask } = encoding;
        const items = input_ids.flatMap((id, position) =>
          special_tokens_mask[position] === 1 || special.has(id) ? [] : [{ encoding, position }]
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
        const tokens = items.map(({ encoding, position }, i) => {
          const token = encoding.input_ids[position]!;
          return { index: position, token, token_str: tokenizer.decode([token]), score: results[i]!.values[0]! };
        });
        return { score: tokens.reduce((sum, { score }) => sum + score, 0), tokens };
      },
    }),
  };
}
