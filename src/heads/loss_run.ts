/** Runs a call whose loss is learned from. */

import type { ModelCore } from "../model/core.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { LearningCall } from "../model/learning.ts";
import type { RunCall, Runner, RunResult, TeacherCall } from "../model/runner.ts";
import type { DropoutScalars } from "../nn/dropout.ts";
import type { RunnableCall } from "./calls/head_call.ts";
import type { Teaching } from "./distillation.ts";
import type { LabelOptions } from "./calls/label_options.ts";
import { runCallOf } from "./run_call.ts";

/** Options of a call whose loss is learned from; as for `forward`. */
export interface LossOptions extends LabelOptions, Pick<ForwardOptions, "narrow" | "signal" | "profiler"> {
  /** Every dropout probability, from 0 to 1. */
  dropout?: number;
  /** Compute each layer again for its gradients: less memory, and about a third more time. @default false */
  gradient_checkpointing?: boolean;
}

/** Names of the {@linkcode LossOptions}, and of the teacher beside them. */
export const LOSS_OPTIONS = [
  "narrow",
  "signal",
  "profiler",
  "dropout",
  "gradient_checkpointing",
  "label_smoothing",
  "class_weights",
  "teacher",
];

/** A model, and what its loss is for, in messages: `compute gradients`. */
export interface LossOwner {
  core: ModelCore;
  purpose: string;
}

/** A call, and what is learned from its loss. */
export type LossRun = RunnableCall & {
  teaching: Teaching | null;
  options: LossOptions;
  learning: LearningCall;
};

/**
 * Packs and runs a call, and what is learned from its loss.
 *
 * @throws {TypeError} If the weights are f16.
 * @throws {InputError} If first rows are asked of empty sequences.
 */
export async function runLoss(owner: LossOwner, run: LossRun): Promise<RunResult> {
  const call = learningCallsOf(owner, run)(run.learning);
  return await withTeacher(owner.core, run.teaching, (runner, teacher) => runner.run({ ...call, teacher }));
}

/**
 * Packs and runs one call several times, each time to learn something else, with the same weights.
 *
 * @param learningsOf What is learned, by the parameters of the model.
 * @returns All outputs by name, and the parameters.
 * @throws As {@linkcode runLoss}.
 */
export async function runLossForEach(
  owner: LossOwner,
  run: Omit<LossRun, "learning">,
  learningsOf: (parameters: Runner["parameters"]) => readonly LearningCall[],
): Promise<Pick<RunResult, "outputs"> & Pick<Runner, "parameters">> {
  const callOf = learningCallsOf(owner, run);
  return await withTeacher(owner.core, run.teaching, async (runner, teacher) => {
    const { parameters } = runner;
    const outputs: RunResult["outputs"] = new Map();
    for (const learning of learningsOf(parameters)) {
      const found = await runner.run({ ...callOf(learning), teacher });
      for (const [name, output] of found.outputs) outputs.set(name, output);
    }
    return { outputs, parameters };
  });
}

/**
 * Bytes of the activations and gradients of calls that are made in turn. Nothing is allocated.
 *
 * @param runs They have the same teacher, if they have one.
 * @throws {TypeError} As {@linkcode runLoss}.
 */
export async function lossBytes(owner: LossOwner, runs: readonly LossRun[]): Promise<number> {
  const calls = runs.map((run) => learningCallsOf(owner, run)(run.learning));
  return await withTeacher(owner.core, runs[0]?.teaching ?? null, (runner, teacher) => {
    return Promise.resolve(runner.bytesFor(calls.map((call) => ({ ...call, teacher }))));
  });
}

/** Does work with a model's programs and its teacher, if it has one. */
function withTeacher<T>(
  core: ModelCore,
  teaching: Teaching | null,
  work: (runner: Runner, teacher: TeacherCall | undefined) => Promise<T>,
): Promise<T> {
  if (teaching === null) return core.use((runner) => work(runner, undefined));
  const { core: other, ...taught } = teaching;
  return core.useWith(other, (runner, teacher) => work(runner, { runner: teacher, ...taught }));
}

/** Packs a call, from whose loss several things may then be learned. */
function learningCallsOf(
  owner: LossOwner,
  { options, ...call }: Omit<LossRun, "learning">,
): (learning: LearningCall) => RunCall {
  const { core: { dtype }, purpose } = owner;
  if (dtype !== "f32") {
    throw new TypeError(`Cannot ${purpose}: the weights must be f32, got ${dtype}; load the model with dtype: "f32"`);
  }
  const { narrow, signal, profiler, gradient_checkpointing: recomputes } = options;
  const packed = runCallOf(owner, { ...call, options: { narrow, signal, profiler } });
  return (learning) => ({ ...packed, learning: { ...learning, recomputes } });
}

/** What decides which elements are dropped. */
export interface DropoutSource {
  /** A whole number from 0 below 2^32 that is the same in all steps of a training. */
  seed: number;
  /** The number of the pass through the model; each drops others. */
  step: number;
}

/**
 * The scalars of dropout in a call; null if nothing is dropped.
 *
 * @param options `dropout`: every probability; the config's if it is left out.
 * @throws {RangeError} If it is not from 0 to 1.
 */
export function dropoutScalars(
  config: NarrowBertConfig,
  { seed, step }: DropoutSource,
  { dropout, purpose }: { dropout: number | undefined; purpose: string },
): DropoutScalars | null {
  checkDropout(purpose, dropout);
  const { hidden_dropout_prob, attention_probs_dropout_prob, classifier_dropout } = config;
  const scalars = {
    dropout_seed: seed,
    dropout_step: step,
    hidden_dropout: dropout ?? hidden_dropout_prob,
    attention_dropout: dropout ?? attention_probs_dropout_prob,
    classifier_dropout: dropout ?? classifier_dropout ?? hidden_dropout_prob,
  };
  const drops = scalars.hidden_dropout > 0 || scalars.attention_dropout > 0 || scalars.classifier_dropout > 0;
  return drops ? scalars : null;
}

/** Checks the probability of dropout, which may be left out. @throws {RangeError} If it is not from 0 to 1. */
export function checkDropout(purpose: string, dropout: number | undefined): void {
  if (dropout === undefined || Number.isFinite(dropout) && dropout >= 0 && dropout <= 1) return;
  throw new RangeError(`Cannot ${purpose}: dropout must be from 0 to 1, got ${String(dropout)}`);
}

/** Checks a seed of dropout. @throws {RangeError} If it is no whole number from 0 below 2^32. */
export function checkSeed(purpose: string, seed: number): void {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  throw new RangeError(`Cannot ${purpose}: seed must be a whole number from 0 below 2^32, got ${String(seed)}`);
}
