/** Task `zero-shot-classification`: which of the caller's labels fit a text, by natural language inference. */

import { ConfigError } from "../../base/errors.ts";
import type { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { labelLogits } from "../../heads/readouts/labels.ts";
import {
  checkString,
  checkStrings,
  type EncodeContext,
  encodeText,
  mostTokens,
  type TextOptions,
} from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { softmax } from "../../base/softmax.ts";
import { bestFirst } from "./scores.ts";
import type { AnsweringModel, CallOptions, Inputs, ListOptions, StreamOptions, Task } from "../engine/task.ts";

/** The labels of a text, best first. */
export interface ZeroShotLabels {
  /** The text. */
  sequence: string;
  /** The caller's labels, best first. */
  labels: string[];
  /** The score of each label. */
  scores: number[];
}

/** Options of {@linkcode ZeroShotClassificationPipeline}. */
export interface ZeroShotClassificationOptions extends TextOptions {
  /** A sentence that a label makes true or false of a text; `{}` stands for the label. Default `This example is {}.` */
  hypothesis_template?: string;
  /** Score each label by itself, as several may fit; else the scores add up to 1. Default `false`. */
  multi_label?: boolean;
}

/** Labels as a list, or in one string with commas between them. */
export type CandidateLabels = string | readonly string[];

/**
 * Scores labels for texts. Each label makes a hypothesis; its score is the probability that the text entails it. All
 * pairs of text and label are computed together.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * async function sortCats(inferenceModel: string) {
 *   using sort = await pipeline("zero-shot-classification", inferenceModel);
 *   return await sort("a large wild cat", ["travel", "animals"]); // { labels: ["animals", …], scores, … }
 * }
 * ```
 *
 * @throws {InputError} On an empty text, or one that is longer than the model takes; without labels, or on an empty
 *   one.
 * @throws {RangeError} On a template that does not contain `{}` once.
 */
export interface ZeroShotClassificationPipeline<Model = NarrowBertForSequenceClassification>
  extends PipelineOwner<Model> {
  /** The labels of a text. */
  (
    text: string,
    labels: CandidateLabels,
    options?: ZeroShotClassificationOptions & CallOptions,
  ): Promise<ZeroShotLabels>;
  /** The labels of each text, and an error in place of those of a text that cannot be computed. */
  (
    texts: readonly string[],
    labels: CandidateLabels,
    options: ZeroShotClassificationOptions & ListOptions & { errors: "yield" },
  ): Promise<(ZeroShotLabels | Error)[]>;
  /** The labels of each text. */
  (
    texts: readonly string[],
    labels: CandidateLabels,
    options?: ZeroShotClassificationOptions & ListOptions,
  ): Promise<ZeroShotLabels[]>;
  /** The labels of one text after the other, and an error in place of those of a text that cannot be computed. */
  stream(
    texts: Inputs<string>,
    labels: CandidateLabels,
    options: ZeroShotClassificationOptions & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<ZeroShotLabels | Error>;
  /** The labels of one text after the other; the stream ends with the error of a text that cannot be computed. */
  stream(
    texts: Inputs<string>,
    labels: CandidateLabels,
    options?: ZeroShotClassificationOptions & StreamOptions,
  ): AsyncIterableIterator<ZeroShotLabels>;
}

/**
 * Makes the pipeline of a loaded classifier, which it then owns.
 *
 * @throws {ConfigError} If none of its labels says that a text entails the hypothesis.
 */
export function createZeroShotClassification(
  parts: TaskParts,
): ZeroShotClassificationPipeline {
  const entailment = entailmentOf(parts.model.config);
  const engine = (labels: CandidateLabels) =>
    new Engine(zeroShotTask(parts, { labels: readLabels(labels), entailment }), parts.trunk);
  const call = async (
    input: string | readonly string[],
    labels: CandidateLabels,
    options?: ZeroShotClassificationOptions & ListOptions,
  ) => isList(input) ? await engine(labels).many(input, options) : await engine(labels).one(input, options);
  const stream = (
    texts: Inputs<string>,
    labels: CandidateLabels,
    options?: ZeroShotClassificationOptions & StreamOptions,
  ) => engine(labels).stream(texts, options);
  return asPipeline({ name: "zero-shot-classification", call, stream, remake: createZeroShotClassification }, parts);
}

function zeroShotTask(
  parts: PipelineParts<AnsweringModel>,
  { labels, entailment }: { labels: readonly string[]; entailment: number },
): Task<string, ZeroShotLabels, ZeroShotClassificationOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  const contradiction = entailment === 0 ? model.config.num_labels - 1 : 0;
  return {
    model,
    action: "classify",
    noun: "text",
    options: ["hypothesis_template", "multi_label", "truncation"],
    begin({ hypothesis_template: template = "This example is {}.", multi_label = false, truncation = false }) {
      if (template.split("{}").length !== 2) {
        throw new RangeError(
          `Cannot classify texts: hypothesis_template must contain {} once, where the label goes, got "${template}"`,
        );
      }
      const hypotheses = labels.map((label) => template.replace("{}", () => label));
      return {
        pack(text, name) {
          const subject = `classify ${name}`;
          checkString(text, subject);
          const context: EncodeContext = { tokenizer, maximum, subject, truncation: truncation && "only_first" };
          return hypotheses.map((text_pair) => ({ encoding: encodeText({ text, text_pair }, context) }));
        },
        readout: labelLogits,
        ask: () => ({}),
        collect(results, _items, sequence) {
          const logits = results.map(({ values }) => values);
          const alone = multi_label || labels.length === 1;
          const scores = alone
            ? logits.map((row) => softmax([row[contradiction]!, row[entailment]!])[1]!)
            : softmax(logits.map((row) => row[entailment]!));
          const order = bestFirst(logits.map((row) => row[entailment]! - (alone ? row[contradiction]! : 0)));
          return { sequence, labels: order.map((i) => labels[i]!), scores: order.map((i) => scores[i]!) };
        },
      };
    },
  };
}

/**
 * Number of the label that means entailment: the first that begins with `entail`, in `label2id` as in Hugging Face's
 * pipeline, or in `id2label`.
 */
function entailmentOf({ id2label, label2id, num_labels }: AnsweringModel["config"]): number {
  const names = Object.values(id2label);
  const numbers: (readonly [name: string, id: number])[] = [
    ...Object.entries(label2id),
    ...names.map((name, id) => [name, id] as const),
  ];
  const found = numbers.find(([name, id]) => name.toLowerCase().startsWith("entail") && id >= 0 && id < num_labels);
  if (found !== undefined) return found[1];
  throw new ConfigError(
    `Cannot classify by entailment: a label of the model must begin with "entail", got ${names.join(", ")}; take a ` +
      "model of natural language inference, or name its labels by config: { id2label }",
  );
}

function readLabels(given: CandidateLabels): readonly string[] {
  const labels = typeof given === "string" ? given.split(",").map((label) => label.trim()) : given;
  checkStrings(labels, { subject: "classify texts", noun: "label" });
  return labels;
}
