/** Evaluates a model on a data set. */

import type { HeadOutput } from "../../heads/output.ts";
import type { PreTrainedModel } from "../../heads/pretrained.ts";
import type { ModelInputs } from "../../model/batch/inputs.ts";
import type { ForwardOptions } from "../../model/forward_options.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Example } from "../data/examples.ts";
import type { EvaluationDataOptions } from "../data/reading/options.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import { type Mistake, WorstMistakes } from "../metrics/mistakes.ts";
import type { EvaluationReport } from "../report/data.ts";
import { counterOf } from "./counters.ts";
import { labelCount } from "./scored.ts";
import type { FoundMistake } from "./found_mistakes.ts";

/** A model whose `forward` gives logits, and a loss if there are labels. */
export type ScoringModel = PreTrainedModel & {
  forward(inputs: ModelInputs, options?: ForwardOptions): Promise<HeadOutput>;
};

/** What an evaluation finds. */
export interface Evaluation {
  /** Numbers by name: `loss`, and those of the task. */
  readonly values: MetricValues;
  /** What a report shows of it besides. */
  readonly report: EvaluationReport;
}

/** How a model is evaluated. */
export interface EvaluationCall {
  readonly data: EvaluationDataOptions;
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with how many examples were read. */
  readonly onProgress?: (examples: number) => void;
}

/** How many mistakes an evaluation keeps. */
const MISTAKES = 20;

/** Evaluates a model on all examples, in order. @throws {RangeError} If none has a label. */
export async function evaluate(model: ScoringModel, dataset: Dataset, call: EvaluationCall): Promise<Evaluation> {
  const { data, signal, onProgress } = call;
  const mistakes = new WorstMistakes<Mistake & FoundMistake>(MISTAKES);
  const counter = counterOf(dataset, (mistake) => mistakes.add({ text: "", ...mistake }));
  let [losses, labels, seen] = [0, 0, 0];
  let answers: Promise<void> = Promise.resolve();
  for await (const batch of dataset.evaluation(data)) {
    signal?.throwIfAborted();
    const scoring = model.forward(batch.inputs as ModelInputs, { ...(signal && { signal }) });
    scoring.catch(() => {}); // reported by the next line that awaits it
    await answers; // the GPU computes a batch while the one before is counted
    answers = scoring.then(({ logits, loss, narrow_positions }) => {
      const counted = labelCount(batch.inputs.labels);
      if (counted > 0) { // the loss of nothing is no number
        const mean = Number(loss?.data[0]);
        losses += mean * counted;
        labels += counted;
        counter.add({ batch, logits, positions: narrow_positions ?? null }, mean);
      }
      seen = batch.examples.reduce((most, example) => Math.max(most, example + 1), seen);
      onProgress?.(seen);
    });
    answers.catch(() => {});
  }
  await answers;
  if (labels === 0) throw noLabel(dataset);
  return {
    values: { loss: losses / labels, ...counter.values() },
    report: { ...counter.report(), mistakes: await withTexts(mistakes.list(), dataset, data) },
  };
}

/** Finds out whether there is something to evaluate, before a training that would end with that error. @throws {RangeError} */
export async function expectLabel(dataset: Dataset, data: EvaluationDataOptions): Promise<void> {
  for await (const { inputs } of dataset.evaluation(data)) if (labelCount(inputs.labels) > 0) return;
  throw noLabel(dataset);
}

function noLabel({ task }: Dataset): RangeError {
  const what = task === "mlm" ? "a text must have a masked word" : "an example must have a label";
  return new RangeError(`Cannot evaluate: ${what}, got none; give more examples`);
}

/** Mistakes with the texts of their examples. */
async function withTexts(
  found: readonly (Mistake & FoundMistake)[],
  dataset: Dataset,
  { tokenizer }: EvaluationDataOptions,
): Promise<Mistake[]> {
  const examples = await dataset.read(found.map(({ example }) => example));
  return found.map(({ gold, predicted, score, tag }, i) => {
    const { example } = examples[i] as { example: Example };
    return { text: textOf(example, tag, tokenizer), gold, predicted, score };
  });
}

function textOf(example: Example, tag: FoundMistake["tag"], tokenizer: EvaluationDataOptions["tokenizer"]): string {
  if (!("tokens" in example)) {
    return "text_pair" in example ? `${example.text} / ${example.text_pair}` : example.text;
  }
  const { tokens, tags } = example;
  // Tags are counted of words that have one and a piece, as far as a sentence was not cut.
  const counted = [...tokens.keys()].filter((i) =>
    tags[i] !== null && tokenizer.tokenize(tokens[i] as string).length > 0
  );
  const { place = 0, count = 0 } = tag ?? {};
  const at = counted[tokenizer.truncation_side === "left" ? counted.length - count + place : place];
  return tokens.map((token, i) => i === at ? `»${token}«` : token).join(" ");
}
