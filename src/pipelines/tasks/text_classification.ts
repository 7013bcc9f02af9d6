/** Task `text-classification`: the labels of a text, by a sequence classifier. */

import type { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { labelLogits } from "../../heads/readouts/labels.ts";
import { mostTokens, type SidedTextOptions, type TextInput } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { specialTokens } from "../windows/cut_text.ts";
import { WINDOW_OPTIONS, type WindowOptions, windowPlan } from "../windows/options.ts";
import type { WindowPlace } from "../windows/places.ts";
import { type TextWindow, textWindows } from "../windows/text_windows.ts";
import { checkTopK, joinedScores, type ScoreFunction, scoreFunction, scores } from "./scores.ts";
import type { AnsweringModel, CallOptions, Inputs, ListOptions, StreamOptions, Task, TaskRun } from "../engine/task.ts";

/** A label with its score. */
export interface LabelScore {
  /** The label. */
  label: string;
  /** Its score: a probability, or a logit with `function_to_apply: "none"`. */
  score: number;
}

/** A window of a text with its labels. */
export interface LabelledWindow extends WindowPlace {
  /** Its labels, best first. */
  labels: LabelScore[];
}

/** The labels of a text and of its windows. */
export interface WindowLabels {
  /** The text's labels, best first. */
  labels: LabelScore[];
  /** Its windows, from left to right. */
  windows: LabelledWindow[];
}

/**
 * Options of {@linkcode TextClassificationPipeline}. With `stride` a score is the mean of those of the text's windows, or
 * their largest or first: of probabilities, if `function_to_apply` makes the logits that.
 */
export interface TextClassificationOptions<K extends number | null = number | null, W extends boolean = false>
  extends SidedTextOptions, WindowOptions<W> {
  /** How many labels to give, best first; `null` gives all. Default 1. */
  top_k?: K;
  /**
   * From logits to scores. Default: `none` for a regression model, `sigmoid` for a model with one label or with several
   * labels at once, else `softmax`.
   */
  function_to_apply?: ScoreFunction;
}

/**
 * One result per text: its best label if `top_k` is 1, else a list of labels; with `return_windows` its labels and its
 * windows.
 */
export type BatchLabels<K extends number | null, W extends boolean = false> = W extends true ? WindowLabels[]
  : [K] extends [1] ? LabelScore[]
  : number extends K ? LabelScore[] | LabelScore[][]
  : LabelScore[][];

/** The labels of one text, as `return_windows` says. */
export type TextLabels<W extends boolean> = W extends true ? WindowLabels : LabelScore[];

/**
 * Gives the labels of texts.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using classify = await pipeline("text-classification");
 * await classify("a large animal with a long trunk"); // [{ label: "noun.animal", score: 0.9… }]
 * for await (const { label } of classify.stream(["move quickly on foot", "the color blue"])) console.log(label);
 * ```
 *
 * @throws {InputError} On a text that is longer than the model takes if there is no `stride`, or that the model does not
 *   know.
 * @throws {RangeError} If an option's value is not allowed.
 */
export interface TextClassificationPipeline<Model = NarrowBertForSequenceClassification> extends PipelineOwner<Model> {
  /** One text gives its `top_k` labels, best first. */
  <W extends boolean = false>(
    text: TextInput,
    options?: TextClassificationOptions<number | null, W> & CallOptions,
  ): Promise<TextLabels<W>>;
  /** A list of texts gives the list below, with an error in place of the labels of a text that cannot be computed. */
  <K extends number | null = 1, W extends boolean = false>(
    texts: readonly TextInput[],
    options: TextClassificationOptions<K, W> & ListOptions & { errors: "yield" },
  ): Promise<(BatchLabels<K, W>[number] | Error)[]>;
  /** A list of texts gives a list: of labels if `top_k` is 1, else of lists of labels. */
  <K extends number | null = 1, W extends boolean = false>(
    texts: readonly TextInput[],
    options?: TextClassificationOptions<K, W> & ListOptions,
  ): Promise<BatchLabels<K, W>>;
  /**
   * A stream of texts gives the same as a list, one by one, and an error in place of the labels of a text that cannot
   * be computed.
   */
  stream<K extends number | null = 1, W extends boolean = false>(
    texts: Inputs<TextInput>,
    options: TextClassificationOptions<K, W> & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<BatchLabels<K, W>[number] | Error>;
  /**
   * A stream of texts gives the same as a list, one by one; it ends with the error of a text that cannot be computed.
   */
  stream<K extends number | null = 1, W extends boolean = false>(
    texts: Inputs<TextInput>,
    options?: TextClassificationOptions<K, W> & StreamOptions,
  ): AsyncIterableIterator<BatchLabels<K, W>[number]>;
}

/** Options of any call. */
type AnyOptions = TextClassificationOptions<number | null, boolean>;

/** What a text is answered by: its labels, by themselves or with those of its windows. */
type Labels = LabelScore[] | WindowLabels;

/** Makes the pipeline of a loaded classifier, which it then owns. */
export function createTextClassification(parts: TaskParts): TextClassificationPipeline {
  const task = labelsTask(parts);
  const labels = new Engine(task, parts.trunk);
  const best = new Engine<TextInput, LabelScore, AnyOptions>({
    ...task,
    begin(options) {
      const run = task.begin(options);
      return { ...run, collect: (...results) => (run.collect(...results) as LabelScore[])[0] as LabelScore };
    },
  }, parts.trunk);
  const inLists = ({ top_k = 1, return_windows }: AnyOptions = {}) => top_k === 1 && !return_windows ? best : labels;
  const call = (input: TextInput | readonly TextInput[], options?: AnyOptions & ListOptions) =>
    isList(input) ? inLists(options).many(input, options) : labels.one(input, options);
  const stream = (texts: Inputs<TextInput>, options?: AnyOptions & StreamOptions) =>
    inLists(options).stream(texts, options);
  return asPipeline({ name: "text-classification", call, stream, remake: createTextClassification }, parts);
}

/** Every text's labels, best first, as a list. */
function labelsTask(parts: PipelineParts<AnsweringModel>): Task<TextInput, Labels, AnyOptions> {
  const { model, tokenizer } = parts;
  const { config } = model;
  const maximum = mostTokens(parts);
  const capacity = maximum - specialTokens(tokenizer);
  return {
    model,
    action: "classify",
    noun: "text",
    options: ["top_k", "function_to_apply", "truncation", "truncation_side", ...WINDOW_OPTIONS],
    begin(
      { top_k = 1, function_to_apply, truncation, truncation_side, ...options },
    ): TaskRun<TextInput, Labels, TextWindow> {
      checkTopK(top_k, "classify texts");
      const plan = windowPlan(options, { action: "classify texts", capacity });
      const apply = scoreFunction(function_to_apply, config);
      const labelsOf = (windows: readonly ArrayLike<number>[]): LabelScore[] => {
        const scored = windows.map((logits) => ({ scores: scores(logits, apply), logits }));
        const found = joinedScores(scored, plan?.aggregation ?? "first");
        return found.order.slice(0, top_k ?? undefined)
          .map((id) => ({ label: config.id2label[id] as string, score: found.scores[id]! }));
      };
      return {
        pack(input, name) {
          const subject = `classify ${name}`;
          const context = { tokenizer, maximum, subject, needs: "token", truncation, plan } as const;
          return textWindows(input, { ...context, options: { truncation_side } });
        },
        readout: labelLogits,
        ask: () => ({}),
        collect(results, windows) {
          const logits = results.map(({ values }) => values);
          const labels = labelsOf(logits);
          if (!plan?.isShown) return labels;
          return { labels, windows: windows.map(({ place }, i) => ({ ...place!, labels: labelsOf([logits[i]!]) })) };
        },
      };
    },
  };
}
