/** What a trainer is made with. */

import type { PreTrainedModel, Teacher } from "../../heads/pretrained.ts";
import type { NarrowBertTokenizer } from "../../text/tokenizer.ts";
import type { Dataset } from "../data/dataset.ts";
import type { TrainingDataOptions } from "../data/reading/options.ts";
import type { OptimizerOptions } from "../settings.ts";
import type { TrainingArguments } from "./arguments.ts";
import type { TrainingProgress } from "./progress.ts";

/** What a {@linkcode Trainer} trains, and how. */
export interface TrainerOptions {
  /** A model of the class that fits the data, whose weights are f32. */
  model: PreTrainedModel;
  /** Its tokenizer. */
  tokenizer: NarrowBertTokenizer;
  /** Arguments by Hugging Face's names. */
  args: TrainingArguments;
  /** What it learns from. */
  train_dataset: Dataset;
  /** What it is evaluated on, opened with the labels of `train_dataset`. @default none */
  eval_dataset?: Dataset;
  /** A model from which it learns too. @default none */
  teacher?: Teacher;
  /** Which tensors learn, and how fast. @default all alike */
  optimizer?: Pick<OptimizerOptions, "frozen" | "lr_factors" | "no_decay">;
  /** How examples become batches, besides the sizes of batches. @default the defaults of data sets */
  data?: Pick<
    TrainingDataOptions,
    "max_seq_length" | "mlm_probability" | "whole_word_mask" | "pack_texts" | "max_batch_tokens" | "shuffle_buffer_size"
  >;
  /** A weight for each label, or `"balanced"`: one that makes up for how often it occurs. @default all 1 */
  class_weights?: readonly number[] | "balanced";
  /** Is told of every step and evaluation. */
  onProgress?: (progress: TrainingProgress) => void;
  /**
   * Ends the training after the step under way, or in the middle of an evaluation: a checkpoint is written, and
   * {@linkcode Trainer.train} rejects with the signal's reason. A call with `resume_from_checkpoint` then goes on.
   */
  signal?: AbortSignal;
}

/** Their names. */
export const TRAINER_OPTIONS: readonly string[] = [
  "model",
  "tokenizer",
  "args",
  "train_dataset",
  "eval_dataset",
  "teacher",
  "optimizer",
  "data",
  "class_weights",
  "onProgress",
  "signal",
];
