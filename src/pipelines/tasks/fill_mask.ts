/** Task `fill-mask`: the likeliest words for each mask in a text, by a masked language model. */

import { InputError } from "../../base/errors.ts";
import { excerpt } from "../../base/messages.ts";
import type { NarrowBertForMaskedLM } from "../../heads/masked_lm.ts";
import { MAX_TOP_K } from "../../kernels/rows/top_k.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { padBatch, padRows } from "../engine/batches.ts";
import { checkString, encodeText, mostTokens, type TextOptions } from "../engine/encode.ts";
import { targetIds } from "./fill_mask_targets.ts";
import { sizeWithLogits } from "./logits_size.ts";
import { type PipelineParts, type SimplePipeline, simplePipeline } from "../engine/parts.ts";
import { softmax } from "./scores.ts";
import type { Item, ItemResult, Task, TaskRun } from "../engine/task.ts";

/** One word for a mask. */
export interface FilledMask {
  /** Probability of the word piece at this mask, the other masks left as they are. */
  score: number;
  /** Id of the word piece. */
  token: number;
  /** The word piece as text. */
  token_str: string;
  /** The text with the mask filled; further masks are shown as they are. */
  sequence: string;
}

/** The words for one text: a list where it has one mask, a list per mask from left to right where it has several. */
export type FilledText = FilledMask[] | FilledMask[][];

/** The words for one text as a list per mask, where it has only one mask too. */
export function wordsByMask(filled: FilledText): FilledMask[][] {
  return filled.every((entry) => Array.isArray(entry)) ? filled : [filled as FilledMask[]];
}

/** Options of {@linkcode FillMaskPipeline}. */
export interface FillMaskOptions extends TextOptions {
  /** How many words to give for each mask, likeliest first: from 1 to 128 and the size of the vocabulary. Default 5. */
  top_k?: number;
  /**
   * The only words to choose from, each a word piece of the vocabulary. Of a word that is none, its first word piece is
   * taken, with a warning.
   */
  targets?: string | readonly string[];
}

/** What the pipeline asks of its model. */
export type FillMaskModel = Pick<NarrowBertForMaskedLM, "config" | "top_k" | "forward" | "dispose">;

/**
 * Fills the masks of texts; narrow layers compute the masks alone.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using fill = await pipeline("fill-mask");
 * await fill("the [MASK] of a king", { top_k: 1 }); // [{ score: 0.06…, token_str: "wife", … }]
 * await fill("the [MASK] of a king", { targets: ["son", "wife"] });
 * ```
 *
 * @throws {InputError} On a text without a mask, or one that is longer than the model takes.
 * @throws {RangeError} On an option's value that cannot be, such as a target without any word piece.
 */
export type FillMaskPipeline = SimplePipeline<string, FilledText, FillMaskOptions, FillMaskModel>;

/** A text, and where its masks are. */
interface MaskedText extends Item {
  readonly masks: readonly number[];
}

/** Probabilities and ids of the words for each mask, one mask after the other. */
interface Words extends ItemResult {
  readonly tokens: readonly number[];
}

/** Makes the pipeline of a loaded masked language model, which it then owns. */
export function createFillMask(parts: PipelineParts<FillMaskModel>): FillMaskPipeline {
  return simplePipeline({ name: "fill-mask", task: fillMaskTask(parts) }, parts);
}

function fillMaskTask(parts: PipelineParts<FillMaskModel>): Task<string, FilledText, FillMaskOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  const { vocab_size } = model.config;
  return {
    action: "fill masks in",
    noun: "text",
    options: ["top_k", "targets", "truncation"],
    begin({ top_k = 5, targets, truncation }): TaskRun<string, FilledText, MaskedText, Words> {
      const most = Math.min(MAX_TOP_K, vocab_size);
      if (!Number.isInteger(top_k) || top_k < 1 || top_k > most) {
        throw new RangeError(`Cannot fill masks: top_k must be a whole number from 1 to ${most}, got ${top_k}`);
      }
      const choice = targets === undefined ? null : targetIds([targets].flat(), tokenizer);
      return {
        pack(text, name) {
          const subject = `fill masks in ${name}`;
          checkString(text, subject);
          const encoding = encodeText(text, { tokenizer, maximum, subject, truncation });
          const masks = positionsOf(tokenizer.mask_token_id, encoding.input_ids);
          if (masks.length > 0) return [{ encoding, masks }];
          throw new InputError(
            `Cannot ${subject}: it must contain "${tokenizer.mask_token}", got ${excerpt(text)}`,
          );
        },
        sizeOf: ({ encoding, masks }) => sizeWithLogits(encoding, masks.length * vocab_size),
        compute: (items, signal) =>
          choice === null ? likeliest(model, items, { top_k, signal }) : among(model, items, { choice, top_k, signal }),
        collect: ([words], [item]) => filledText(item!, words!, tokenizer),
      };
    },
  };
}

/** The likeliest words of the whole vocabulary, chosen on the GPU. */
async function likeliest(
  model: FillMaskModel,
  items: readonly MaskedText[],
  { top_k, signal }: { top_k: number; signal: AbortSignal | undefined },
): Promise<Words[]> {
  const best = await model.top_k(maskInputs(items), top_k, { signal });
  const scores = best.scores.tolist() as number[][][];
  const tokens = best.indices.tolist() as number[][][];
  return items.map(({ masks }, i) => ({
    values: scores[i]!.slice(0, masks.length).flat(),
    tokens: tokens[i]!.slice(0, masks.length).flat(),
  }));
}

/** The likeliest words of a choice. Its logits alone do not make probabilities, so those of all words are read back. */
async function among(
  model: FillMaskModel,
  items: readonly MaskedText[],
  { choice, top_k, signal }: { choice: readonly number[]; top_k: number; signal: AbortSignal | undefined },
): Promise<Words[]> {
  const { logits } = await model.forward(maskInputs(items), { signal });
  const [, rows = 0, columns = 0] = logits.dims;
  return items.map(({ masks }, i) => {
    const words = masks.flatMap((_, mask) => {
      const at = (i * rows + mask) * columns;
      const probabilities = softmax(Array.from(logits.data.subarray(at, at + columns) as Float32Array));
      return choice
        .map((token) => ({ token, score: probabilities[token]! }))
        .sort((a, b) => b.score - a.score)
        .slice(0, top_k);
    });
    return { values: words.map(({ score }) => score), tokens: words.map(({ token }) => token) };
  });
}

function maskInputs(items: readonly MaskedText[]) {
  const flags = items.map(({ encoding, masks }) => encoding.input_ids.map((_, at) => Number(masks.includes(at))));
  return { ...padBatch(items.map(({ encoding }) => encoding)), narrow_mask: padRows(flags) };
}

function filledText({ encoding, masks }: MaskedText, { values, tokens }: Words, tokenizer: BertTokenizer): FilledText {
  const each = tokens.length / masks.length;
  const filled = masks.map((position, mask) =>
    tokens.slice(mask * each, (mask + 1) * each).map((token, k): FilledMask => ({
      score: values[mask * each + k]!,
      token,
      token_str: tokenizer.decode([token]),
      sequence: sequenceOf(encoding.input_ids.with(position, token), masks.length > 1, tokenizer),
    }))
  );
  return masks.length === 1 ? filled[0]! : filled;
}

/** The text of ids without the tokens around it; with `masked`, tokens such as masks within it are shown. */
function sequenceOf(ids: readonly number[], masked: boolean, tokenizer: BertTokenizer): string {
  return masked ? tokenizer.decode(ids.slice(1, -1)) : tokenizer.decode(ids, { skip_special_tokens: true });
}

function positionsOf(token: number, ids: readonly number[]): number[] {
  return ids.flatMap((id, position) => id === token ? [position] : []);
}
