/** The course of a training: what is logged, the best model so far, and when a training without progress ends. */

import { NonFiniteError } from "../../../base/errors.ts";
import { type MetricValues, prefixed } from "../../metrics/metrics.ts";
import { NonFiniteGuard } from "../../non_finite.ts";
import type { StepResult } from "../../optimizer.ts";
import { addLog, type TrainerState } from "../../trainer_state/trainer_state.ts";
import type { ResolvedArguments } from "../arguments.ts";
import { callbackStates, firstState, patienceUsed } from "./first_state.ts";
import type { TrainingLength } from "./length.ts";

/** Steps whose mean loss is compared with that of the first ones. */
const WINDOW = 25;

/** A training diverges if its loss is so many times that of its beginning, and one more. */
const DIVERGED = 2;

/** What a checkpoint keeps of the course; all but the state is JSON. */
export interface CourseRecord {
  readonly state: TrainerState;
  /** All losses, for the mean in the end, and those since the last line of the log. */
  readonly losses: Readonly<Sum>;
  readonly logged: Readonly<Sum>;
  /** Losses of the first steps, and of the last ones. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Steps in a row that were not applied, as messages name them. */
  readonly skipped: readonly string[];
  /** Steps whose checkpoints there are; those that an interruption left do not count. */
  readonly checkpoints: readonly number[];
}

/** Numbers that are added up for their mean. */
interface Sum {
  sum: number;
  count: number;
}

/** Follows a training. All of it is a function of the steps' results, so that a training that goes on has the same. */
export class Course {
  readonly state: TrainerState;
  readonly #args: ResolvedArguments;
  readonly #guard: NonFiniteGuard;
  readonly #losses: Sum;
  #logged: Sum;
  readonly #first: number[];
  readonly #last: number[];
  #checkpoints: readonly number[];

  constructor(args: ResolvedArguments, { length, record }: { length: TrainingLength; record: CourseRecord | null }) {
    this.#args = args;
    this.state = structuredClone(record?.state) ?? firstState(args, length);
    this.#guard = new NonFiniteGuard({ steps: record?.skipped ?? [] });
    this.#losses = { ...record?.losses ?? { sum: 0, count: 0 } };
    this.#logged = { ...record?.logged ?? { sum: 0, count: 0 } };
    this.#first = [...record?.first ?? []];
    this.#last = [...record?.last ?? []];
    this.#checkpoints = record?.checkpoints ?? [];
  }

  /** What a checkpoint keeps. */
  get record(): CourseRecord {
    return {
      state: structuredClone(this.state),
      losses: { ...this.#losses },
      logged: { ...this.#logged },
      first: [...this.#first],
      last: [...this.#last],
      skipped: this.#guard.steps,
      checkpoints: this.#checkpoints,
    };
  }

  /** The mean loss of all steps that were applied, and had a label. */
  get trainingLoss(): number {
    const { sum, count } = this.#losses;
    return count === 0 ? 0 : sum / count;
  }

  /** Steps whose checkpoints there are; those that an interruption left do not count. */
  get checkpoints(): readonly number[] {
    return this.#checkpoints;
  }

  /** Whether there were too many evaluations without an improvement. */
  get isStale(): boolean {
    const { early_stopping_patience: patience } = this.#args;
    return patience > 0 && patienceUsed(this.state) >= patience;
  }

  /**
   * Counts a step, and logs it if it is time to.
   *
   * @param step `epoch`: passes over the data with it; `rate`: its learning rate; `isLabelled`: whether something
   *   of it has a label, as the loss of nothing is no loss; `name`: its examples, for messages.
   * @throws {NonFiniteError} If too many steps in a row were not applied, or the training diverges.
   */
  step(
    result: StepResult,
    { epoch, rate, tokens, isLabelled, name }: {
      epoch: number;
      rate: number;
      tokens: number;
      isLabelled: boolean;
      name: string;
    },
  ): void {
    const { state } = this;
    const { loss, grad_norm, applied } = result;
    this.#guard.check(result, `step ${state.global_step + 1}, ${name}`);
    state.global_step++;
    state.epoch = epoch;
    state.num_input_tokens_seen += tokens;
    if (applied && isLabelled) {
      for (const sum of [this.#losses, this.#logged]) {
        sum.sum += loss;
        sum.count++;
      }
      this.#watch(loss);
    }
    if (state.global_step % this.#args.logging_steps !== 0) return;
    const { sum, count } = this.#logged;
    addLog(state, {
      ...(count > 0 && { loss: sum / count }),
      ...(Number.isFinite(grad_norm) && { grad_norm }),
      learning_rate: rate,
    });
    this.#logged = { sum: 0, count: 0 };
  }

  #watch(loss: number): void {
    if (this.#first.length < WINDOW) this.#first.push(loss);
    this.#last.push(loss);
    if (this.#last.length > WINDOW) this.#last.shift();
    if (this.#last.length < WINDOW) return;
    const [first, last] = [mean(this.#first), mean(this.#last)];
    if (last <= DIVERGED * first + 1) return;
    throw new NonFiniteError(
      `Cannot go on with the training: it diverges: the mean loss of the last ${WINDOW} steps is ${last.toFixed(3)}, ` +
        `that of the first ${WINDOW} was ${first.toFixed(3)}; use a lower learning rate, or a longer warm-up`,
    );
  }

  /** Logs an evaluation. Gives whether the model is the best so far; NaN never is. */
  evaluated(values: MetricValues): boolean {
    const { state } = this;
    const { metric_for_best_model: name, greater_is_better, early_stopping_threshold: threshold } = this.#args;
    addLog(state, prefixed("eval", values));
    const value = values[name] ?? NaN;
    const best = state.best_metric ?? (greater_is_better ? -Infinity : Infinity);
    const gain = greater_is_better ? value - best : best - value;
    state.stateful_callbacks = callbackStates(this.#args, { stale: gain > threshold ? 0 : patienceUsed(state) + 1 });
    if (!(gain > 0)) return false;
    state.best_metric = value;
    state.best_global_step = state.global_step;
    state.best_model_checkpoint = null;
    return true;
  }

  /**
   * A checkpoint of the step is about to be written. Older ones may be too many then; that of the best model stays.
   *
   * @param name That of its folder.
   */
  saved(name: string, { isLast }: { isLast: boolean }): void {
    const { state } = this;
    const { global_step: step, best_global_step: best } = state;
    if (best === step) state.best_model_checkpoint = name;
    state.stateful_callbacks = callbackStates(this.#args, { stale: patienceUsed(state), saves: true, ends: isLast });
    const limit = this.#args.save_total_limit;
    const all = [...this.#checkpoints, step];
    const isOld = best !== null && all.includes(best) && !all.slice(-limit).includes(best);
    this.#checkpoints = isOld ? [best, ...all.slice(-Math.max(1, limit - 1))] : all.slice(-limit);
  }

  /** Logs the end of the training, once. */
  ended(): void {
    if (this.state.log_history.some((entry) => "train_loss" in entry)) return;
    addLog(this.state, { train_loss: this.trainingLoss });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
