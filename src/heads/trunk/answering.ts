/** Runs the passes of a call, and gives each question its answer. */

import { InputError } from "../../base/errors.ts";
import { kindOf, nameOf } from "../../base/messages.ts";
import type { RunOutput } from "../../graph/program/outputs.ts";
import type { Ragged } from "../../model/batch/ragged.ts";
import type { ForwardOptions } from "../../model/forward_options.ts";
import type { Runner } from "../../model/runner.ts";
import type { Readout, ReadoutAnswer } from "../readouts/readout.ts";
import type { Pass } from "./pass.ts";
import type { Answers } from "./query.ts";
import type { CheckedQuestions } from "./sequences.ts";

/** A pass with its batch, ready to be run. */
export interface ReadyPass extends Pass {
  readonly ragged: Ragged;
  /** The context of the batch's tokens, if it was computed before. */
  readonly context?: GPUBuffer;
}

/** Checks each query of a call. @throws {InputError} If they are in no array, or as `check` throws. */
export function checkAll<Q, C>(queries: readonly Q[], check: (query: Q, subject: string) => C): C[] {
  if (!Array.isArray(queries)) {
    throw new InputError(`Cannot answer queries: they must be in an array, got ${kindOf(queries)}`);
  }
  return Array.from(queries as readonly Q[], (query, i) => check(query, nameOf("query", i, queries.length)));
}

/**
 * Runs passes on the same weights. Gives the answers by query and question.
 *
 * @param call `onBegin` is called when a pass begins. What it throws is what all passes fail with.
 */
export async function answerPasses(
  runner: Runner,
  { passes, queries, options, onBegin }: {
    passes: readonly ReadyPass[];
    queries: readonly CheckedQuestions[];
    options: Pick<ForwardOptions, "signal" | "narrow">;
    onBegin?: () => void;
  },
): Promise<ReadoutAnswer[][]> {
  const answers: ReadoutAnswer[][] = queries.map(() => []);
  for (const { ragged, context, stages, readings } of passes) {
    const call = { ragged, ordinary: false, headMask: null, stages, options, onBegin, ...(context && { context }) };
    const { outputs } = await runner.run(call);
    for (const { reading: { readout, askers }, range } of readings) {
      const take = (name: string) => outputs.get(`${readout.name}.${name}`) as RunOutput;
      for (const { query, question } of askers) {
        answers[query]![question] = readout.answer(take, range, queries[query]![question]!.ask);
      }
    }
  }
  return answers;
}

/** Answers by the names of their readouts. */
export function namedAnswers<R extends Readout>(
  queries: readonly CheckedQuestions[],
  answers: readonly (readonly ReadoutAnswer[])[],
): Answers<R>[] {
  return queries.map((questions, q) =>
    Object.fromEntries(questions.map(({ readout }, i) => [readout.name, answers[q]![i]!])) as Answers<R>
  );
}
