/** Task `multiple-choice`: which of several continuations fits a prompt. */

import type { NarrowBertForMultipleChoice } from "../../heads/multiple_choice.ts";
import { choiceLogit } from "../../heads/readouts/labels.ts";
import { checkString, checkStrings, encodeText, mostTokens, type TextOptions } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { softmax } from "../../base/softmax.ts";
import { bestFirst } from "./scores.ts";
import type { AnsweringModel, CallOptions, ListOptions, Stream, Task } from "../engine/task.ts";

/** A prompt and its possible continuations. */
export interface Question {
  /** The prompt. */
  prompt: string;
  /** The continuations, one at least. */
  choices: readonly string[];
}

/** A choice with its score. */
export interface ScoredChoice {
  /** Its place among the choices, from 0. */
  index: number;
  /** Its text. */
  choice: string;
  /** Its probability among the choices. */
  score: number;
}

/**
 * Scores the choices of questions, best first.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * async function chooseEnding(choiceModel: string) {
 *   using choose = await pipeline("multiple-choice", choiceModel);
 *   return await choose("She opened the window", ["to eat.", "to let in air."]); // [{ index: 1, score: 0.9…, … }, …]
 * }
 * ```
 *
 * @throws {InputError} On an empty prompt or choice, on a question without choices, or on a pair that is longer than
 *   the model takes.
 */
export interface MultipleChoicePipeline<Model = NarrowBertForMultipleChoice> extends PipelineOwner<Model> {
  /** The scored choices of a question. */
  (prompt: string, choices: readonly string[], options?: TextOptions & CallOptions): Promise<ScoredChoice[]>;
  /** The scored choices of each question, and an error in place of those of one that cannot be computed. */
  (
    questions: readonly Question[],
    options: TextOptions & ListOptions & { errors: "yield" },
  ): Promise<(ScoredChoice[] | Error)[]>;
  /** The scored choices of each question. */
  (questions: readonly Question[], options?: TextOptions & ListOptions): Promise<ScoredChoice[][]>;
  /** The scored choices of one question after the other. */
  readonly stream: Stream<Question, ScoredChoice[], TextOptions>;
}

type Options = TextOptions & ListOptions;

/** Makes the pipeline of a loaded model, which it then owns. */
export function createMultipleChoice(parts: TaskParts): MultipleChoicePipeline {
  const engine = new Engine(choiceTask(parts), parts.trunk);
  const call = (first: string | readonly Question[], second?: readonly string[] | Options, options?: Options) =>
    isList(first)
      ? engine.many(first, second as Options)
      : engine.one({ prompt: first, choices: second as readonly string[] }, options);
  return asPipeline({ name: "multiple-choice", call, stream: engine.stream, remake: createMultipleChoice }, parts);
}

function choiceTask(parts: PipelineParts<AnsweringModel>): Task<Question, ScoredChoice[], TextOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  return {
    model,
    action: "choose in",
    noun: "question",
    options: ["truncation"],
    begin: ({ truncation }) => ({
      pack(question, name) {
        const subject = `choose in ${name}`;
        const { prompt, choices } = question ?? {};
        checkString(prompt, subject, "its prompt");
        checkStrings(choices, { subject, noun: "choice" });
        const context = { tokenizer, maximum, subject, first: "its prompt", truncation };
        return choices.map((choice) => ({ encoding: encodeText({ text: prompt, text_pair: choice }, context) }));
      },
      readout: choiceLogit,
      ask: () => ({}),
      collect: (results, _items, { choices }) => {
        const logits = results.map(({ values }) => values[0]!);
        const probabilities = softmax(logits);
        return bestFirst(logits).map((index) => ({ index, choice: choices[index]!, score: probabilities[index]! }));
      },
    }),
  };
}
