/** Task `text-classification`: the labels of a text, by a sequence classifier. */

import type { NarrowBertForSequenceClassification } from "../heads/sequence_classification.ts";
import { padBatch, tokenBatches } from "./batches.ts";
import { encodeTexts, type TextInput, type TextOptions } from "./encode.ts";
import { asPipeline, type PipelineOwner, type PipelineParts } from "./parts.ts";
import { type ScoreFunction, scores } from "./scores.ts";

/** A label with its score. */
export interface LabelScore {
  label: string;
  score: number;
}

/** Options of {@linkcode TextClassificationPipeline}. */
export interface TextClassificationOptions<K extends number | null = number | null> extends TextOptions {
  /** How many labels to give, best first; `null` gives all. Default 1. */
  top_k?: K;
  /**
   * From logits to scores. Default: `none` for a regression model, `sigmoid` for one label or several at once, else
   * `softmax`.
   */
  function_to_apply?: ScoreFunction;
}

/** One result per text: its best label where `top_k` is 1, else a list of labels. */
export type BatchLabels<K extends number | null> = [K] extends [1] ? LabelScore[]
  : number extends K ? LabelScore[] | LabelScore[][]
  : LabelScore[][];

/** What the pipeline asks of its model. */
export type TextClassificationModel = Pick<NarrowBertForSequenceClassification, "config" | "forward" | "dispose">;

/**
 * Gives the labels of texts.
 *
 * @throws {InputError} On an empty text, or one that is longer than the model takes.
 */
export interface TextClassificationPipeline extends PipelineOwner<TextClassificationModel> {
  /** One text gives its `top_k` labels, best first. */
  (text: TextInput, options?: TextClassificationOptions): Promise<LabelScore[]>;
  /** A list of texts gives a list: of labels where `top_k` is 1, else of lists of labels. */
  <K extends number | null = 1>(
    texts: readonly TextInput[],
    options?: TextClassificationOptions<K>,
  ): Promise<BatchLabels<K>>;
}

/** Makes the pipeline of a loaded classifier, which it then owns. */
export function createTextClassification(parts: PipelineParts<TextClassificationModel>): TextClassificationPipeline {
  const call = async (input: TextInput | readonly TextInput[], options: TextClassificationOptions = {}) => {
    if (!isList(input)) return (await classify([input], options, parts))[0];
    const results = await classify(input, options, parts);
    return options.top_k === undefined || options.top_k === 1 ? results.map(([best]) => best) : results;
  };
  return asPipeline(call, parts) as TextClassificationPipeline;
}

async function classify(
  inputs: readonly TextInput[],
  options: TextClassificationOptions,
  { model, tokenizer }: PipelineParts<TextClassificationModel>,
): Promise<LabelScore[][]> {
  const { config } = model;
  const { top_k = 1 } = options;
  if (top_k !== null && !(Number.isSafeInteger(top_k) && top_k >= 1)) {
    throw new RangeError(`Cannot classify texts: top_k must be null or a whole number from 1, got ${top_k}`);
  }
  const apply = options.function_to_apply ?? defaultFunction(config);
  const encodings = encodeTexts(inputs, {
    tokenizer,
    positions: config.max_position_embeddings,
    truncation: options.truncation,
    action: "classify",
  });
  const results: LabelScore[][] = [];
  for (const batch of tokenBatches(encodings)) {
    const { logits } = await model.forward(padBatch(batch));
    for (const row of logits.tolist() as number[][]) {
      const ranked = scores(row, apply)
        .map((score, id) => ({ label: config.id2label[id] as string, score }))
        .sort((a, b) => b.score - a.score);
      results.push(ranked.slice(0, top_k ?? undefined));
    }
  }
  return results;
}

function defaultFunction({ problem_type, num_labels }: TextClassificationModel["config"]): ScoreFunction {
  if (problem_type === "regression") return "none";
  return problem_type === "multi_label_classification" || num_labels === 1 ? "sigmoid" : "softmax";
}

function isList(input: TextInput | readonly TextInput[]): input is readonly TextInput[] {
  return Array.isArray(input);
}
