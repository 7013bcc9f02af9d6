/** What becomes of questions: answers, and errors in their place. */

import type { Fields } from "../../io/records/record.ts";

/** A question whose answer or error is known. */
interface Settled {
  /** The question's number among all that was given, from 0. */
  readonly index: number;
  /** Number of the line of its file that it begins in, or its number among the arguments, from 1. */
  readonly line: number;
}

/** A question and the answer to it. */
export interface Answered<Answer> extends Settled {
  readonly answer: Answer;
  /** The fields of the question, with the texts under the names by which questions know them. */
  readonly fields: Fields;
  /** Its fields as they were given. */
  readonly given: Fields;
}

/** A question that is left out, as it cannot be read or answered. */
export interface Refused extends Settled {
  /** Why. */
  readonly problem: string;
  /** Its fields as they were given; `null` if they cannot be read. */
  readonly given: Fields | null;
  /** Its fields with the texts under the names by which questions know them; `null` if they cannot be told. */
  readonly fields: Fields | null;
}

/** What becomes of a question. */
export type Outcome<Answer> = Answered<Answer> | Refused;

/** Where outcomes go as they come. */
export interface AnswerOutput<Answer> {
  /** Takes some, in the order of the questions. */
  put(outcomes: readonly Outcome<Answer>[]): Promise<void>;
  /** Called when all is answered, or all that will be. */
  end(): Promise<void>;
}

/** Whether a question is left out. */
export function isRefused(outcome: Outcome<unknown>): outcome is Refused {
  return "problem" in outcome;
}

/** Those that are answered. */
export function answersIn<Answer>(outcomes: readonly Outcome<Answer>[]): Answered<Answer>[] {
  return outcomes.filter((outcome): outcome is Answered<Answer> => !isRefused(outcome));
}

/** Makes one answer of all; its fields are those of the question that they answer together. */
export type Gather<Answer> = (answered: readonly Answered<Answer>[]) => { fields: Fields; answer: Answer };

/** An output to which all answers go as one; what is left out comes behind it. */
export function gathered<Answer>(output: AnswerOutput<Answer>, gather: Gather<Answer>): AnswerOutput<Answer> {
  const all: Outcome<Answer>[] = [];
  return {
    put(outcomes) {
      for (const outcome of outcomes) all.push(outcome);
      return Promise.resolve();
    },
    async end() {
      const { fields, answer } = gather(answersIn(all));
      await output.put([{ index: 0, line: 1, fields, given: fields, answer }, ...all.filter(isRefused)]);
      await output.end();
    },
  };
}
