/** Task `text-classification`: the labels of a text, by a sequence classifier. */

import type { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { labelLogits } from "../../heads/readouts/labels.ts";
import { encodeText, mostTokens, type SidedTextOptions, type TextInput } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { bestFirst, checkTopK, type ScoreFunction, scoreFunction, scores } from "./scores.ts";
import type { AnsweringModel, CallOptions, Inputs, ListOptions, StreamOptions, Task } from "../engine/task.ts";

/** A label with its score. */
export interface LabelScore {
  /** The label. */
  label: string;
  /** Its score: a probability, or a logit with `function_to_apply: "none"`. */
  score: number;
}

/** Options of {@linkcode TextClassificationPipeline}. */
export interface TextClassificationOptions<K extends number | null = number | null> extends SidedTextOptions {
  /** How many labels to give, best first; `null` gives all. Default 1. */
  top_k?: K;
  /**
   * From logits to scores. Default: `none` for a regression model, `sigmoid` for a model with one label or with several
   * labels at once, else `softmax`.
   */
  function_to_apply?: ScoreFunction;
}

/** One result per text: its best label if `top_k` is 1, else a list of labels. */
export type BatchLabels<K extends number | null> = [K] extends [1] ? LabelScore[]
  : number extends K ? LabelScore[] | LabelScore[][]
  : LabelScore[][];

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
 * @throws {InputError} On a text that is longer than the model takes, or that the model does not know.
 * @throws {RangeError} If an option's value is not allowed.
 */
export interface TextClassificationPipeline<Model = NarrowBertForSequenceClassification> extends PipelineOwner<Model> {
  /** One text gives its `top_k` labels, best first. */
  (text: TextInput, options?: TextClassificationOptions & CallOptions): Promise<LabelScore[]>;
  /** A list of texts gives the list below, with an error in place of the labels of a text that cannot be computed. */
  <K extends number | null = 1>(
    texts: readonly TextInput[],
    options: TextClassificationOptions<K> & ListOptions & { errors: "yield" },
  ): Promise<(BatchLabels<K>[number] | Error)[]>;
  /** A list of texts gives a list: of labels if `top_k` is 1, else of lists of labels. */
  <K extends number | null = 1>(
    texts: readonly TextInput[],
    options?: TextClassificationOptions<K> & ListOptions,
  ): Promise<BatchLabels<K>>;
  /**
   * A stream of texts gives the same as a list, one by one, and an error in place of the labels of a text that cannot
   * be computed.
   */
  stream<K extends number | null = 1>(
    texts: Inputs<TextInput>,
    options: TextClassificationOptions<K> & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<BatchLabels<K>[number] | Error>;
  /**
   * A stream of texts gives the same as a list, one by one; it ends with the error of a text that cannot be computed.
   */
  stream<K extends number | null = 1>(
    texts: Inputs<TextInput>,
    options?: TextClassificationOptions<K> & StreamOptions,
  ): AsyncIterableIterator<BatchLabels<K>[number]>;
}

/** Makes the pipeline of a loaded classifier, which it then owns. */
export function createTextClassification(parts: TaskParts): TextClassificationPipeline {
  const task = labelsTask(parts);
  const labels = new Engine(task, parts.trunk);
  const best = new Engine<TextInput, LabelScore, TextClassificationOptions>({
    ...task,
    begin(options) {
      const run = task.begin(options);
      return { ...run, collect: (...results) => run.collect(...results)[0] as LabelScore };
    },
  }, parts.trunk);
  const inLists = ({ top_k = 1 }: TextClassificationOptions = {}) => top_k === 1 ? best : labels;
  const call = (input: TextInput | readonly TextInput[], options?: TextClassificationOptions & ListOptions) =>
    isList(input) ? inLists(options).many(input, options) : labels.one(input, options);
  const stream = (texts: Inputs<TextInput>, options?: TextClassificationOptions & StreamOptions) =>
    inLists(options).stream(texts, options);
  return asPipeline({ name: "text-classification", call, stream, remake: createTextClassification }, parts);
}

/** Every text's labels, best first, as a list. */
function labelsTask(
  parts: PipelineParts<AnsweringModel>,
): Task<TextInput, LabelScore[], TextClassificationOptions> {
  const { model, tokenizer } = parts;
  const { config } = model;
  const maximum = mostTokens(parts);
  return {
    model,
    action: "classify",
    noun: "text",
    options: ["top_k", "function_to_apply", "truncation", "truncation_side"],
    begin({ top_k = 1, function_to_apply, truncation, truncation_side }) {
      checkTopK(top_k, "classify texts");
      const apply = scoreFunction(function_to_apply, config);
      return {
        pack(input, name) {
          const context = { tokenizer, maximum, subject: `classify ${name}`, needs: "token" as const, truncation };
          return [{ encoding: encodeText(input, { ...context, options: { truncation_side } }) }];
        },
        readout: labelLogits,
        ask: () => ({}),
        collect([result]) {
          const found = scores(result!.values, apply);
          return bestFirst(result!.values)
            .slice(0, top_k ?? undefined)
            .map((id) => ({ label: config.id2label[id] as string, score: found[id]! }));
        },
      };
    },
  };
}
