/** Task `fill-mask`: the likeliest words for each mask in a text, by a masked language model. */

import { InputError } from "../base/errors.ts";
import type { NarrowBertForMaskedLM } from "../heads/masked_lm.ts";
import type { BertTokenizer, Encoding } from "../text/bert_tokenizer.ts";
import { BATCH_TOKENS, padBatch, padRows, tokenBatches } from "./batches.ts";
import { encodeTexts, excerpt, nameOf, type TextOptions } from "./encode.ts";
import { asPipeline, type PipelineOwner, type PipelineParts } from "./parts.ts";

/** One word for a mask. */
export interface FilledMask {
  /** Probability of the word piece at this mask, the other masks left as they are. */
  score: number;
  /** Id of the word piece. */
  token: number;
  /** The word piece as text. */
  token_str: string;
  /** The text with the mask filled; where it has further masks, these and the special tokens are shown. */
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
  /** How many words to give for each mask, likeliest first, from 1 to 128. Default 5. */
  top_k?: number;
}

/**
 * What a logit counts for when texts are put into batches: a batch's logits `[masks, V]` are at most 64 MiB, which is
 * half of what WebGPU lets every device bind.
 */
const TOKENS_PER_LOGIT = BATCH_TOKENS / 2 ** 24;

/** What the pipeline asks of its model. */
export type FillMaskModel = Pick<NarrowBertForMaskedLM, "config" | "top_k" | "dispose">;

/**
 * Fills the masks of texts.
 *
 * @throws {InputError} On a text without a mask, or one that is longer than the model takes.
 * @throws {RangeError} Where `top_k` is not from 1 to 128 and the size of the vocabulary.
 */
export interface FillMaskPipeline extends PipelineOwner<FillMaskModel> {
  (text: string, options?: FillMaskOptions): Promise<FilledText>;
  (texts: readonly string[], options?: FillMaskOptions): Promise<FilledText[]>;
}

/** Makes the pipeline of a loaded masked language model, which it then owns. */
export function createFillMask(parts: PipelineParts<FillMaskModel>): FillMaskPipeline {
  const call = async (input: string | readonly string[], options: FillMaskOptions = {}) =>
    typeof input === "string" ? (await fill([input], options, parts))[0] : await fill(input, options, parts);
  return asPipeline(call, parts) as FillMaskPipeline;
}

async function fill(
  texts: readonly string[],
  options: FillMaskOptions,
  { model, tokenizer }: PipelineParts<FillMaskModel>,
): Promise<FilledText[]> {
  const { config } = model;
  const encodings = encodeTexts(texts, {
    tokenizer,
    positions: config.max_position_embeddings,
    truncation: options.truncation,
    action: "fill masks in",
  });
  encodings.forEach(({ input_ids }, index) => {
    if (input_ids.includes(tokenizer.mask_token_id)) return;
    throw new InputError(
      `Cannot fill masks in ${nameOf(texts, index)}: it must contain "${tokenizer.mask_token}", ` +
        `got ${excerpt(texts[index] as string)}`,
    );
  });
  const sizeOf = ({ input_ids }: Encoding) =>
    Math.max(
      input_ids.length,
      positionsOf(tokenizer.mask_token_id, input_ids).length * config.vocab_size * TOKENS_PER_LOGIT,
    );
  const results: FilledText[] = [];
  for (const batch of tokenBatches(encodings, { sizeOf })) {
    const masked = batch.map(({ input_ids }) => input_ids.map((id) => Number(id === tokenizer.mask_token_id)));
    const best = await model.top_k({ ...padBatch(batch), narrow_mask: padRows(masked) }, options.top_k ?? 5);
    const tokens = best.indices.tolist() as number[][][];
    const scores = best.scores.tolist() as number[][][];
    batch.forEach(({ input_ids }, b) => results.push(filledText(input_ids, tokens[b]!, scores[b]!, tokenizer)));
  }
  return results;
}

function filledText(ids: number[], tokens: number[][], scores: number[][], tokenizer: BertTokenizer): FilledText {
  const masks = positionsOf(tokenizer.mask_token_id, ids);
  const single = masks.length === 1;
  const filled = masks.map((position, row) =>
    tokens[row]!.map((token, k): FilledMask => ({
      score: scores[row]![k]!,
      token,
      token_str: tokenizer.decode([token]),
      sequence: tokenizer.decode(ids.with(position, token), { skip_special_tokens: single }),
    }))
  );
  return single ? filled[0]! : filled;
}

function positionsOf(token: number, ids: readonly number[]): number[] {
  return ids.flatMap((id, position) => id === token ? [position] : []);
}
