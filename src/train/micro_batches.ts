/** Micro-batches: the parts of a batch, whose calls are one step. */

import { InputError } from "../base/errors.ts";
import { type LossCall, togetherTaught } from "../heads/distillation.ts";
import { type LabelOptions, weighLabels } from "../heads/calls/label_options.ts";
import { lossCallOf, type PreTrainedModel, type TeacherOption } from "../heads/pretrained.ts";
import { checkFirstRows } from "../heads/run_call.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { LearningCall } from "../model/learning.ts";
import type { RunResult } from "../model/runner.ts";

/**
 * The calls of a batch's parts. Each divides its loss by what counts in all of them.
 *
 * @throws As `lossCallOf` and `weighLabels`; an error of an input says in which micro-batch it is.
 * @throws {RangeError} If there is no micro-batch.
 */
export function callsOf(
  model: PreTrainedModel,
  { inputs, purpose, teacher, options }: {
    inputs: ModelInputs | readonly ModelInputs[];
    purpose: string;
    options: LabelOptions;
  } & TeacherOption,
): LossCall[] {
  const callOf = (inputs: ModelInputs): LossCall => {
    const call = lossCallOf(model, { inputs, purpose, teacher });
    checkFirstRows(purpose, call);
    return call;
  };
  const { label_smoothing, class_weights } = options;
  const weighed = (calls: LossCall[]) => weighLabels(calls, { label_smoothing, class_weights, purpose });
  if (!Array.isArray(inputs)) return weighed([callOf(inputs as ModelInputs)]);
  if (inputs.length === 0) throw new RangeError(`Cannot ${purpose}: there must be a micro-batch, got an empty array`);
  const calls = Array.from(inputs as readonly ModelInputs[], (part, i) => named(i, () => callOf(part)));
  calls.forEach((call, i) => named(i, () => checkAlike(purpose, call, calls[0] as LossCall)));
  const counted = calls.reduce((sum, { head: { scalars } }) => sum + (scalars?.counted ?? 0), 0);
  const teachings = togetherTaught(calls.map(({ teaching }) => teaching));
  return weighed(calls).map((call, i) => ({
    ...call,
    head: { ...call.head, scalars: { ...call.head.scalars, counted } },
    teaching: teachings[i] ?? null,
  }));
}

/** Does work for a micro-batch, which its errors name. */
function named<T>(i: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`micro-batch ${i}: ${error.message}`, { cause: error });
  }
}

/**
 * Checks that the losses of two parts depend on the same weights: what one part adds to sums, the last one reads.
 *
 * @throws {InputError} If only one of them has word embeddings of the caller's.
 */
function checkAlike(purpose: string, call: LossCall, first: LossCall): void {
  const nameOf = ({ batch }: LossCall) => batch.embeds === null ? "input_ids" : "inputs_embeds";
  if (nameOf(call) === nameOf(first)) return;
  throw new InputError(`Cannot ${purpose}: it must have ${nameOf(first)}, as micro-batch 0, got ${nameOf(call)}`);
}

/** The scalars of micro-batch `i` of `count`: the first begins the sums, the last updates. */
export function sumScalars(i: number, count: number): Record<string, number> {
  return { sums_kept: Number(i > 0), applies: Number(i === count - 1) };
}

/** What the call of a part is made with. */
export interface PartCall extends Required<Pick<LearningCall, "onQueued" | "onFailed">> {
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs the parts of a step in order. Once one has failed or is aborted, no later one begins: the last one updates by what
 * all have added. Settles when nothing runs any more.
 *
 * @param call `onQueued` is called when all parts have their place.
 */
export async function runParts(
  { count, signal, onQueued }: { count: number; signal: AbortSignal | undefined; onQueued: () => void },
  run: (i: number, call: PartCall) => Promise<RunResult>,
): Promise<RunResult[]> {
  const failure = new AbortController();
  const onFailed = (reason: unknown) => failure.abort(reason);
  const joined = signal && count > 1 ? AbortSignal.any([signal, failure.signal]) : signal ?? failure.signal;
  const runs: Promise<RunResult>[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const queued = Promise.withResolvers<void>();
      const part = run(i, { signal: joined, onQueued: queued.resolve, onFailed });
      part.catch(onFailed);
      runs.push(part);
      await Promise.race([queued.promise, part]);
    }
    onQueued();
    return await Promise.all(runs);
  } finally {
    await Promise.allSettled(runs);
  }
}
