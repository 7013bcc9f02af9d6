/** Task `zero-shot-classification`: which of the caller's labels fit a text, by natural language inference. */

import { ConfigError } from "../../base/errors.ts";
import type { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { labelLogits } from "../../heads/readouts/labels.ts";
import { checkString, checkStrings, mostTokens, type TextOptions } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { softmax } from "../../base/softmax.ts";
import { specialTokens } from "../windows/cut_text.ts";
import { WINDOW_OPTIONS, type WindowOptions, windowPlan } from "../windows/options.ts";
import type { WindowPlace } from "../windows/places.ts";
import { type TextWindow, textWindows } from "../windows/text_windows.ts";
import { joinedScores } from "./scores.ts";
import type { AnsweringModel, CallOptions, Inputs, ListOptions, StreamOptions, Task, TaskRun } from "../engine/task.ts";

/** The labels of a text, or of a window, best first. */
export interface ScoredLabels {
  /** The caller's labels, best first. */
  labels: string[];
  /** The score of each label. */
  scores: number[];
}

/** A window of a text with its labels. */
export interface ZeroShotWindow extends WindowPlace, ScoredLabels {}

/** The labels of a text, best first. */
export interface ZeroShotLabels extends ScoredLabels {
  /** The text. */
  sequence: string;
  /** Its windows from left to right, with `return_windows`. */
  windows?: ZeroShotWindow[];
}

/**
 * Options of {@linkcode ZeroShotClassificationPipeline}. With `stride` the text is cut, and each label's hypothesis is
 * whole in every window; all labels have the same windows. A label's score is the mean of those of the windows, or their
 * largest, which do not add up to 1 then, or that of the first.
 */
export interface ZeroShotClassificationOptions extends TextOptions, WindowOptions {
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
 * @throws {InputError} On an empty text, or one that is longer than the model takes if there is no `stride`; without
 *   labels, or on an empty one.
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
  const most = mostTokens(parts);
  const contradiction = entailment === 0 ? model.config.num_labels - 1 : 0;
  return {
    model,
    action: "classify",
    noun: "text",
    options: ["hypothesis_template", "multi_label", "truncation", ...WINDOW_OPTIONS],
    begin(
      {
        hypothesis_template: template = "This example is {}.",
        multi_label = false,
        truncation = false,
        ...options
      },
    ): TaskRun<string, ZeroShotLabels, TextWindow> {
      if (template.split("{}").length !== 2) {
        throw new RangeError(
          `Cannot classify texts: hypothesis_template must contain {} once, where the label goes, got "${template}"`,
        );
      }
      const hypotheses = labels.map((label) => template.replace("{}", () => label));
      const lengths = hypotheses.map((text) => tokenizer.encode(text, { add_special_tokens: false }).length);
      const longest = Math.max(...lengths);
      const capacity = most - specialTokens(tokenizer, { isPair: true }) - longest;
      const beside = "the longest label's hypothesis";
      const plan = windowPlan(options, { action: "classify texts", capacity, beside });
      const isAlone = multi_label || labels.length === 1;
      const scored = (rows: readonly ArrayLike<number>[]) => ({
        scores: isAlone
          ? rows.map((row) => softmax([row[contradiction]!, row[entailment]!])[1]!)
          : softmax(rows.map((row) => row[entailment]!)),
        logits: rows.map((row) => row[entailment]! - (isAlone ? row[contradiction]! : 0)),
      });
      const labelsOf = (windows: readonly ArrayLike<number>[][]): ScoredLabels => {
        const { order, scores } = joinedScores(windows.map(scored), plan?.aggregation ?? "first");
        return { labels: order.map((i) => labels[i]!), scores: order.map((i) => scores[i]!) };
      };
      return {
        pack(text, name) {
          const subject = `classify ${name}`;
          checkString(text, subject);
          const context = { tokenizer, subject, truncation: truncation && "only_first", plan, side: "text" } as const;
          return hypotheses.flatMap((text_pair, label) => {
            // A window has as much of the text beside a short label as beside the longest.
            const maximum = plan === null ? most : most - longest + lengths[label]!;
            return textWindows({ text, text_pair }, { ...context, maximum });
          });
        },
        readout: labelLogits,
        ask: () => ({}),
        collect(results, items, sequence) {
          const count = items.length / labels.length;
          const windows = Array.from(
            { length: count },
            (_, window) => labels.map((_, label) => results[label * count + window]!.values),
          );
          return {
            sequence,
            ...labelsOf(windows),
            ...(plan?.isShown && {
              windows: windows.map((rows, window) => ({ ...items[window]!.place!, ...labelsOf([rows]) })),
            }),
          };
        },
      };
    },
  };
}

/**
 * Number of the label that means entailment: the first that begins with `entail`, in `label2id` as in Hugging Face's
 * pipeline, or in `id2label`; `undefined` if there is none.
 */
export function findEntailment({ id2label, label2id, num_labels }: AnsweringModel["config"]): number | undefined {
  const numbers: (readonly [name: string, id: number])[] = [
    ...Object.entries(label2id),
    ...Object.values(id2label).map((name, id) => [name, id] as const),
  ];
  return numbers.find(([name, id]) => name.toLowerCase().startsWith("entail") && id >= 0 && id < num_labels)?.[1];
}

/** The same of a model that must have one. @throws {ConfigError} If it has none. */
function entailmentOf(config: AnsweringModel["config"]): number {
  const found = findEntailment(config);
  if (found !== undefined) return found;
  const names = Object.values(config.id2label).join(", ");
  throw new ConfigError(
    `Cannot classify by entailment: a label of the model must begin with "entail", got ${names}; take a ` +
      "model of natural language inference, or name its labels by config: { id2label }",
  );
}

function readLabels(given: CandidateLabels): readonly string[] {
  const labels = typeof given === "string" ? given.split(",").map((label) => label.trim()) : given;
  checkStrings(labels, { subject: "classify texts", noun: "label" });
  return labels;
}
