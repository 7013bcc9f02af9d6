/** The type of each task's pipeline. */

import type { FeatureExtractionPipeline } from "./tasks/feature_extraction.ts";
import type { FillMaskPipeline } from "./tasks/fill_mask.ts";
import type { MultipleChoicePipeline } from "./tasks/multiple_choice.ts";
import type { ScorePipeline } from "./tasks/score.ts";
import type { TextClassificationPipeline } from "./tasks/text_classification.ts";
import type { TextRankingPipeline } from "./tasks/text_ranking.ts";
import type { TokenClassificationPipeline } from "./tasks/token_classification/token_classification.ts";
import type { ModelInWorker } from "./engine/parts.ts";
import type { ZeroShotClassificationPipeline } from "./tasks/zero_shot_classification.ts";

/** The pipeline that {@linkcode pipeline} makes, by the name of the task. */
export interface TaskPipelines {
  /** The likeliest words for each mask in a text. */
  "fill-mask": FillMaskPipeline;
  /** The labels of a text. */
  "text-classification": TextClassificationPipeline;
  /** The labels of a text's words. */
  "token-classification": TokenClassificationPipeline;
  /** Embeddings of texts, or of their tokens. */
  "feature-extraction": FeatureExtractionPipeline;
  /** Which of the caller's labels fit a text. */
  "zero-shot-classification": ZeroShotClassificationPipeline;
  /** Which of several continuations fits a prompt. */
  "multiple-choice": MultipleChoicePipeline;
  /** Which texts answer a query best. */
  "text-ranking": TextRankingPipeline;
  /** How likely a text is. */
  "score": ScorePipeline;
  /** Another name of `text-classification`. */
  "sentiment-analysis": TextClassificationPipeline;
  /** Another name of `token-classification`. */
  "ner": TokenClassificationPipeline;
}

/** The pipeline of each task whose model is in a Worker, of which only {@linkcode ModelInWorker} is here. */
export interface WorkerPipelines {
  /** The likeliest words for each mask in a text. */
  "fill-mask": FillMaskPipeline<ModelInWorker>;
  /** The labels of a text. */
  "text-classification": TextClassificationPipeline<ModelInWorker>;
  /** The labels of a text's words. */
  "token-classification": TokenClassificationPipeline<ModelInWorker>;
  /** Embeddings of texts, or of their tokens. */
  "feature-extraction": FeatureExtractionPipeline<ModelInWorker>;
  /** Which of the caller's labels fit a text. */
  "zero-shot-classification": ZeroShotClassificationPipeline<ModelInWorker>;
  /** Which of several continuations fits a prompt. */
  "multiple-choice": MultipleChoicePipeline<ModelInWorker>;
  /** Which texts answer a query best. */
  "text-ranking": TextRankingPipeline<ModelInWorker>;
  /** How likely a text is. */
  "score": ScorePipeline<ModelInWorker>;
  /** Another name of `text-classification`. */
  "sentiment-analysis": TextClassificationPipeline<ModelInWorker>;
  /** Another name of `token-classification`. */
  "ner": TokenClassificationPipeline<ModelInWorker>;
}

/** Name of a task. */
export type TaskName = keyof TaskPipelines;
