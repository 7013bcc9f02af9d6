/** Task `multiple-choice`: which of several continuations fits a prompt. */

import type { NarrowBertForMultipleChoice } from "../../heads/multiple_choice.ts";
import { padBatch } from "../engine/batches.ts";
import { rowsOf } from "./classifier_logits.ts";
import { checkString, checkStrings, encodeText, mostTokens, type TextOptions } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts } from "../engine/parts.ts";
import { softmax } from "./scores.ts";
import type { CallOptions, Stream, Task } from "../engine/task.ts";

/** A prompt and what may follow it. */
export interface Question {
  prompt: string;
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

/** What the pipeline asks of its model. Its narrow layers compute the first token of each choice alone. */
export type MultipleChoiceModel = Pick<NarrowBertForMultipleChoice, "config" | "forward" | "dispose">;

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
 * @throws {InputError} On an empty prompt or choice, on a question without choices, or on a pair that is longer than the
 *   model takes.
 */
export interface MultipleChoicePipeline extends PipelineOwner<MultipleChoiceModel> {
  (prompt: string, choices: readonly string[], options?: TextOptions & CallOptions): Promise<ScoredChoice[]>;
  (questions: readonly Question[], options?: TextOptions & CallOptions): Promise<ScoredChoice[][]>;
  /** The scored choices of one question after the other. */
  readonly stream: Stream<Question, ScoredChoice[], TextOptions>;
}

type Options = TextOptions & CallOptions;

/** Makes the pipeline of a loaded model, which it then owns. */
export function createMultipleChoice(parts: PipelineParts<MultipleChoiceModel>): MultipleChoicePipeline {
  const engine = new Engine(choiceTask(parts));
  const call = (first: string | readonly Question[], second?: readonly string[] | Options, options?: Options) =>
    isList(first)
      ? engine.many(first, second as Options)
      : engine.one({ prompt: first, choices: second as readonly string[] }, options);
  return asPipeline({ name: "multiple-choice", call, stream: engine.stream }, parts) as MultipleChoicePipeline;
}

function choiceTask(parts: PipelineParts<MultipleChoiceModel>): Task<Question, ScoredChoice[], TextOptions> {
  const { model, tokenizer } = parts;
  const maximum = mostTokens(parts);
  return {
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
      async compute(items, signal) {
        // Every choice as a question of its own: questions differ in choices, and their choices may be far apart.
        const { input_ids, token_type_ids, attention_mask } = padBatch(items.map(({ encoding }) => encoding));
        const one = (rows: number[][]) => rows.map((row) => [row]);
        const inputs = {
          input_ids: one(input_ids),
          token_type_ids: one(token_type_ids),
          attention_mask: one(attention_mask),
        };
        return rowsOf((await model.forward(inputs, { signal })).logits);
      },
      collect: (results, _items, { choices }) => {
        const probabilities = softmax(results.map(({ values }) => values[0]!));
        return choices
          .map((choice, index) => ({ index, choice, score: probabilities[index]! }))
          .sort((a, b) => b.score - a.score);
      },
    }),
  };
}
