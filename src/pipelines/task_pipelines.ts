/** The type of each task's pipeline. */

import type { NarrowBertForMaskedLM } from "../heads/masked_lm.ts";
import type { NarrowBertForMultipleChoice } from "../heads/multiple_choice.ts";
import type { NarrowBertModel } from "../heads/narrow_bert_model.ts";
import type { NarrowBertForSequenceClassification } from "../heads/sequence_classification.ts";
import type { NarrowBertForTokenClassification } from "../heads/token_classification.ts";
import type { FeatureExtractionPipeline } from "./tasks/feature_extraction.ts";
import type { FillMaskPipeline } from "./tasks/fill_mask.ts";
import type { MultipleChoicePipeline } from "./tasks/multiple_choice.ts";
import type { ScorePipeline } from "./tasks/score.ts";
import type { TextClassificationPipeline } from "./tasks/text_classification.ts";
import type { TextRankingPipeline } from "./tasks/text_ranking.ts";
import type { TokenClassificationPipeline } from "./tasks/token_classification/token_classification.ts";
import type { ModelInWorker } from "./engine/parts.ts";
import type { ZeroShotClassificationPipeline } from "./tasks/zero_shot_classification.ts";

/** What a pipeline shows of its model: of one in a Worker a {@linkcode ModelInWorker}. */
export type Shown<Model, InWorker extends boolean> = InWorker extends true ? ModelInWorker : Model;

/** The pipeline that {@linkcode pipeline} makes, by the name of the task, with its model in this thread or in a Worker. */
export interface TaskPipelines<InWorker extends boolean = false> {
  /** The likeliest words for each mask in a text. */
  "fill-mask": FillMaskPipeline<Shown<NarrowBertForMaskedLM, InWorker>>;
  /** The labels of a text. */
  "text-classification": TextClassificationPipeline<Shown<NarrowBertForSequenceClassification, InWorker>>;
  /** The labels of a text's words. */
  "token-classification": TokenClassificationPipeline<Shown<NarrowBertForTokenClassification, InWorker>>;
  /** Embeddings of texts, or of their tokens. */
  "feature-extraction": FeatureExtractionPipeline<Shown<NarrowBertModel, InWorker>>;
  /** Which of the caller's labels fit a text. */
  "zero-shot-classification": ZeroShotClassificationPipeline<Shown<NarrowBertForSequenceClassification, InWorker>>;
  /** Which of several continuations fits a prompt. */
  "multiple-choice": MultipleChoicePipeline<Shown<NarrowBertForMultipleChoice, InWorker>>;
  /** Which texts answer a query best. */
  "text-ranking": TextRankingPipeline<Shown<NarrowBertForSequenceClassification, InWorker>>;
  /** How likely a text is. */
  "score": ScorePipeline<Shown<NarrowBertForMaskedLM, InWorker>>;
  /** Another name of `text-classification`. */
  "sentiment-analysis": TextClassificationPipeline<Shown<NarrowBertForSequenceClassification, InWorker>>;
  /** Another name of `token-classification`. */
  "ner": TokenClassificationPipeline<Shown<NarrowBertForTokenClassification, InWorker>>;
}

/** Name of a task. */
export type TaskName = keyof TaskPipelines;
