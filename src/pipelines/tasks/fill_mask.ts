/** Task `fill-mask`: the likeliest words for each mask in a text, by a masked language model. */

import { InputError } from "../../base/errors.ts";
import { excerpt } from "../../base/messages.ts";
import type { NarrowBertForMaskedLM } from "../../heads/masked_lm.ts";
import { targetWords, topWords, type TopWordsAnswer } from "../../heads/readouts/words.ts";
import { MAX_TOP_K } from "../../kernels/rows/top_k.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { neededToken } from "../../text/needed_token.ts";
import { checkString, encodeText, mostTokens, type TextEncoding, type TextOptions } from "../engine/encode.ts";
import { targetIds } from "./fill_mask_targets.ts";
import { sizeWithLogits } from "./logits_size.ts";
import { type PipelineOwner, type PipelineParts, simplePipeline, type TaskParts } from "../engine/parts.ts";
import { cutOf, specialTokens } from "../windows/cut_text.ts";
import { checkStride, type StrideOptions } from "../windows/options.ts";
import { limitOf, tokenWindows, wordBegins } from "../windows/token_windows.ts";
import type {
  AnsweringModel,
  CallOptions,
  Inputs,
  Item,
  ListOptions,
  StreamOptions,
  Task,
  TaskRun,
} from "../engine/task.ts";

/** One word for a mask. */
export interface FilledMask {
  /** Probability of the word piece at this mask; the other masks stay masked. */
  score: number;
  /** Id of the word piece. */
  token: number;
  /** The word piece as text. */
  token_str: string;
  /** The text with the mask filled; the other masks stay in it. */
  sequence: string;
}

/** The words for one text: a list if it has one mask; a list per mask, from left to right, if it has several. */
export type FilledText = FilledMask[] | FilledMask[][];

/** The words for one text, as {@linkcode FillMaskOptions.per_mask} says. */
export type FilledBy<PerMask extends boolean> = PerMask extends true ? FilledMask[][] : FilledText;

/** Options of {@linkcode FillMaskPipeline}. With `stride` each mask is filled in the window with more of its context. */
export interface FillMaskOptions<PerMask extends boolean = boolean> extends TextOptions, StrideOptions {
  /** How many words to give for each mask, likeliest first: from 1 to 128 and the size of the vocabulary. Default 5. */
  top_k?: number;
  /**
   * The only words to choose from, each a word piece of the vocabulary. Another word is replaced by its first word
   * piece, with a warning.
   */
  targets?: string | readonly string[];
  /** Whether the words are in a list for each mask, also if a text has one mask only. @default false */
  per_mask?: PerMask;
}

/**
 * Fills the masks of texts. Narrow layers compute only the masks.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using fill = await pipeline("fill-mask");
 * await fill("the [MASK] of a king", { top_k: 1 }); // [{ score: 0.06…, token_str: "wife", … }]
 * await fill("the [MASK] of a king", { targets: ["son", "wife"] });
 * for (const words of await fill("the [MASK] of a [MASK]", { per_mask: true })) console.log(words[0]!.token_str);
 * ```
 *
 * @throws {InputError} On a text without a mask, or one that is longer than the model takes if there is no `stride`.
 * @throws {RangeError} If an option's value is not allowed, such as a target without any word piece.
 */
export interface FillMaskPipeline<Model = NarrowBertForMaskedLM> extends PipelineOwner<Model> {
  /** The words for a text. */
  <PerMask extends boolean = false>(
    text: string,
    options?: FillMaskOptions<PerMask> & CallOptions,
  ): Promise<FilledBy<PerMask>>;
  /** Those for a list of texts, in their order, and an error in place of those that cannot be computed. */
  <PerMask extends boolean = false>(
    texts: readonly string[],
    options: FillMaskOptions<PerMask> & ListOptions & { errors: "yield" },
  ): Promise<(FilledBy<PerMask> | Error)[]>;
  /** Those for a list of texts, in their order. */
  <PerMask extends boolean = false>(
    texts: readonly string[],
    options?: FillMaskOptions<PerMask> & ListOptions,
  ): Promise<FilledBy<PerMask>[]>;
  /** Those for a stream of texts, one by one, and an error in place of those that cannot be computed. */
  stream<PerMask extends boolean = false>(
    texts: Inputs<string>,
    options: FillMaskOptions<PerMask> & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<FilledBy<PerMask> | Error>;
  /** Those for a stream of texts, one by one; it ends with the error of a text that cannot be computed. */
  stream<PerMask extends boolean = false>(
    texts: Inputs<string>,
    options?: FillMaskOptions<PerMask> & StreamOptions,
  ): AsyncIterableIterator<FilledBy<PerMask>>;
}

/** A text or a window of one, and the masks that it fills. */
interface MaskedText extends Item {
  /** The encoding of the text. */
  readonly whole: TextEncoding;
  /** The positions of the masks in that. */
  readonly masks: readonly number[];
  /** How much smaller they are in the window. */
  readonly shift: number;
}

/** Makes the pipeline of a loaded masked language model, which it then owns. */
export function createFillMask(parts: TaskParts): FillMaskPipeline {
  return simplePipeline({ name: "fill-mask", task: fillMaskTask }, parts) as unknown as FillMaskPipeline;
}

function fillMaskTask(parts: PipelineParts<AnsweringModel>): Task<string, FilledText, FillMaskOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  const { vocab_size } = model.config;
  return {
    model,
    action: "fill masks in",
    noun: "text",
    options: ["top_k", "targets", "per_mask", "truncation", "stride"],
    begin({ top_k = 5, targets, per_mask = false, truncation, stride }): TaskRun<string, FilledText, MaskedText> {
      const mask = neededToken(tokenizer, "mask_token", "fill masks");
      const most = Math.min(MAX_TOP_K, vocab_size);
      if (!Number.isInteger(top_k) || top_k < 1 || top_k > most) {
        throw new RangeError(`Cannot fill masks: top_k must be a whole number from 1 to ${most}, got ${top_k}`);
      }
      checkStride(stride, { action: "fill masks", capacity: maximum - specialTokens(tokenizer) });
      const limit = limitOf(maximum, { stride, truncation });
      const choice = targets === undefined ? null : targetIds([targets].flat(), tokenizer);
      return {
        readout: choice === null ? topWords : targetWords,
        ask: ({ masks, shift }) => ({
          positions: masks.map((position) => position - shift),
          top_k,
          ...(choice !== null && { targets: choice }),
        }),
        pack(text, name) {
          const subject = `fill masks in ${name}`;
          checkString(text, subject);
          const whole = encodeText(text, { tokenizer, subject, ...limit, options: { return_word_ids: true } });
          const masks = positionsOf(mask.id, whole.input_ids);
          const isCut = limit.truncation && whole.input_ids.length === maximum;
          const all = isCut ? positionsOf(mask.id, tokenizer.encode(text)).length : masks.length;
          if (masks.length < all) {
            const cut = all === 1 ? "its mask" : `mask ${masks.length + 1} of ${all}`;
            throw new InputError(`Cannot ${subject}: truncation cuts off ${cut}, as the model takes ${maximum} tokens`);
          }
          if (masks.length === 0) {
            throw new InputError(`Cannot ${subject}: it must contain "${mask.token}", got ${excerpt(text)}`);
          }
          const cut = cutOf(whole, { tokenizer });
          return tokenWindows(cut, { begins: wordBegins(cut), maximum, stride }).flatMap(
            ({ encoding, first, last, shift }) => {
              const own = masks.filter((position) => position >= first && position < last);
              return own.length === 0 ? [] : [{ encoding, whole, masks: own, shift }];
            },
          );
        },
        sizeOf: ({ encoding, masks }) => sizeWithLogits(encoding, masks.length * vocab_size),
        collect(results, items) {
          const count = items.reduce((sum, { masks }) => sum + masks.length, 0);
          const filled = items.flatMap((item, i) =>
            wordsByMask(item, results[i] as TopWordsAnswer, { tokenizer, count })
          );
          return per_mask || filled.length > 1 ? filled : filled[0]!;
        },
      };
    },
  };
}

/**
 * The words for each mask of a window.
 *
 * @param of `count`: masks of the whole text.
 */
function wordsByMask(
  { whole, masks }: MaskedText,
  { values, words }: TopWordsAnswer,
  { tokenizer, count }: { tokenizer: BertTokenizer; count: number },
): FilledMask[][] {
  const each = words.length / masks.length;
  return masks.map((position, mask) =>
    Array.from(words).slice(mask * each, (mask + 1) * each).map((token, k): FilledMask => ({
      score: values[mask * each + k]!,
      token,
      token_str: tokenizer.decode([token]),
      sequence: sequenceOf({ ...whole, input_ids: whole.input_ids.with(position, token) }, count, tokenizer),
    }))
  );
}

/** The text of an encoding without special tokens; of several masks, with those inside it, as the others are shown. */
function sequenceOf({ input_ids, special_tokens_mask }: TextEncoding, masks: number, tokenizer: BertTokenizer): string {
  if (masks === 1) return tokenizer.decode(input_ids, { skip_special_tokens: true });
  return tokenizer.decode(input_ids.filter((_, position) => special_tokens_mask[position] === 0));
}

function positionsOf(token: number, ids: readonly number[]): number[] {
  return ids.flatMap((id, position) => id === token ? [position] : []);
}
