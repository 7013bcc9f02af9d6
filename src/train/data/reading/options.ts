/** How the examples of a data set become batches. */

import { classOf } from "../../../base/messages.ts";
import { checkOptionNames } from "../../../base/options.ts";
import { checkSeed } from "../../../heads/loss_run.ts";
import { BertTokenizer } from "../../../text/bert_tokenizer.ts";
import type { MaskedTextSettings } from "../encoding/masked_texts.ts";
import type { DataTask } from "../examples.ts";
import type { BatchLimits } from "../order/batches.ts";

/** How examples become sequences of tokens. */
export interface EncodingOptions {
  /** The model's tokenizer. */
  tokenizer: BertTokenizer;
  /** The model, whose positions bound the length of a sequence. */
  model?: { readonly config: { readonly max_position_embeddings: number } };
  /** Most tokens of a sequence, special ones included. @default what model and tokenizer allow; 512 if neither says */
  max_seq_length?: number;
  /** Decides all that is drawn by chance: a whole number from 0 below 2^32. @default 0 */
  seed?: number;
  /** Of `mlm`: the share of tokens that are to be guessed, each drawn by itself. @default 0.15 */
  mlm_probability?: number;
  /** Of `mlm`: mask all pieces of a word or none. @default false */
  whole_word_mask?: boolean;
  /** Of `mlm`: put texts one behind the other, and cut rows of `max_seq_length` out of them. @default false */
  pack_texts?: boolean;
}

/** How examples become the batches of a training. */
export interface TrainingDataOptions extends EncodingOptions {
  /** Most examples, or packed rows, of a batch. @default 8, or without a bound if `max_batch_tokens` is given */
  per_device_train_batch_size?: number;
  /** Most tokens of a batch; padding does not count. @default without a bound */
  max_batch_tokens?: number;
  /** How many examples are shuffled together, and kept in memory as tokens. @default 131072 */
  shuffle_buffer_size?: number;
}

/** How examples become the batches of an evaluation. */
export interface EvaluationDataOptions extends EncodingOptions {
  /** Most examples, or packed rows, of a batch. @default without a bound */
  per_device_eval_batch_size?: number;
  /** Most tokens of a batch; padding does not count. @default 4096 */
  max_batch_tokens?: number;
}

/** Checked options. */
export interface BatchSettings extends MaskedTextSettings {
  readonly limits: BatchLimits;
  /** Examples that are shuffled together. */
  readonly window: number;
}

const ENCODING = ["tokenizer", "model", "max_seq_length", "seed"];
const MASKING = ["mlm_probability", "whole_word_mask", "pack_texts"];
const EVALUATION_TOKENS = 4096;
const WINDOW = 131_072;
const LONGEST = 512;

/** Room for `[CLS]`, a token of each text of a pair, and two `[SEP]`. */
const SHORTEST = 5;

/** Checks the options of a training. @throws {RangeError | TypeError} If one does not fit. */
export function trainingSettings(task: DataTask, options: TrainingDataOptions): BatchSettings {
  const action = "read training data";
  const names = ["per_device_train_batch_size", "max_batch_tokens", "shuffle_buffer_size"];
  const settings = encodingSettings(task, options, { action, names });
  const { max_batch_tokens, per_device_train_batch_size: rows, shuffle_buffer_size = WINDOW } = options;
  const limits = {
    rows: rows ?? (max_batch_tokens === undefined ? 8 : Infinity),
    tokens: max_batch_tokens ?? Infinity,
  };
  checkCounts(action, { per_device_train_batch_size: rows, max_batch_tokens, shuffle_buffer_size });
  return { ...settings, limits, window: shuffle_buffer_size };
}

/** Checks the options of an evaluation. @throws {RangeError | TypeError} If one does not fit. */
export function evaluationSettings(task: DataTask, options: EvaluationDataOptions): BatchSettings {
  const action = "read evaluation data";
  const names = ["per_device_eval_batch_size", "max_batch_tokens"];
  const settings = encodingSettings(task, options, { action, names });
  const { per_device_eval_batch_size: rows, max_batch_tokens = EVALUATION_TOKENS } = options;
  checkCounts(action, { per_device_eval_batch_size: rows, max_batch_tokens });
  return { ...settings, limits: { rows: rows ?? Infinity, tokens: max_batch_tokens }, window: 0 };
}

function encodingSettings(
  task: DataTask,
  options: EncodingOptions,
  { action, names }: { action: string; names: readonly string[] },
): MaskedTextSettings {
  checkOptionNames(action, options, [...ENCODING, ...(task === "mlm" ? MASKING : []), ...names]);
  const { tokenizer, seed = 0, mlm_probability = 0.15, whole_word_mask = false, pack_texts = false } = options;
  if (!(tokenizer instanceof BertTokenizer)) {
    throw new TypeError(`Cannot ${action}: tokenizer must be a tokenizer of this library, got ${classOf(tokenizer)}`);
  }
  checkSeed(action, seed);
  if (!(mlm_probability > 0 && mlm_probability < 1)) {
    throw new RangeError(
      `Cannot ${action}: mlm_probability must be a number over 0 and below 1, got ${String(mlm_probability)}`,
    );
  }
  for (const [name, value] of Object.entries({ whole_word_mask, pack_texts })) {
    if (typeof value !== "boolean") {
      throw new TypeError(`Cannot ${action}: ${name} must be true or false, got ${String(value)}`);
    }
  }
  return { tokenizer, seed, mlm_probability, whole_word_mask, pack_texts, max_seq_length: lengthOf(action, options) };
}

/** The most tokens of a sequence. */
function lengthOf(action: string, { tokenizer, model, max_seq_length }: EncodingOptions): number {
  const positions = model?.config.max_position_embeddings ?? Infinity;
  const allowed = Math.min(positions, tokenizer.model_max_length);
  const length = max_seq_length ?? (allowed < Infinity ? allowed : LONGEST);
  if (Number.isInteger(length) && length >= SHORTEST && length <= positions) return length;
  const most = positions < Infinity ? ` to ${positions}, the positions of the model` : "";
  throw new RangeError(
    `Cannot ${action}: max_seq_length must be a whole number from ${SHORTEST}${most}, got ${length}`,
  );
}

function checkCounts(action: string, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined || (Number.isSafeInteger(count) && count > 0)) continue;
    throw new RangeError(`Cannot ${action}: ${name} must be a whole number from 1, got ${String(count)}`);
  }
}
