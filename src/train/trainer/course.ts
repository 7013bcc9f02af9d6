/** The course of a training: what is logged, the best model so far, and when a training without progress ends. */

import { NonFiniteError } from "../../base/errors.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import { prefixed } from "../metrics/metrics.ts";
import type { StepResult } from "../optimizer.ts";
import { addLog, newTrainerState, type TrainerState } from "../trainer_state/trainer_state.ts";
import type { ResolvedArguments } from "./arguments.ts";

/** Steps whose mean loss is compared with that of the first ones. */
const WINDOW = 25;

/** A training diverges if its loss is so many times that of its beginning, and one more. */
const DIVERGED = 2;

/** What a checkpoint keeps of the course, as JSON. */
export interface CourseRecord {
  readonly state: TrainerState;
  /** Sum of all losses, for the mean in the end. */
  readonly losses: number;
  /** Losses since the last line of the log. */
  readonly logged: { readonly sum: number; readonly count: number };
  /** Losses of the first steps, and of the last ones. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Evaluations in a row without an improvement. */
  readonly stale: number;
}

/** Follows a training. All of it is a function of the steps' results, so that a training that goes on has the same. */
export class Course {
  readonly state: TrainerState;
  readonly #args: ResolvedArguments;
  #losses = 0;
  #logged = { sum: 0, count: 0 };
  #first: number[] = [];
  #last: number[] = [];
  #stale = 0;

  constructor(args: ResolvedArguments, { steps, record }: { steps: number; record: CourseRecord | null }) {
    this.#args = args;
    const { logging_steps, eval_steps, save_steps, per_device_train_batch_size, num_train_epochs } = args;
    this.state = structuredClone(record?.state) ?? newTrainerState({
      max_steps: steps,
      logging_steps,
      eval_steps,
      save_steps,
      train_batch_size: per_device_train_batch_size,
      num_train_epochs: Math.ceil(num_train_epochs),
    });
    if (record === null) return;
    this.#losses = record.losses;
    this.#logged = { ...record.logged };
    this.#first = [...record.first];
    this.#last = [...record.last];
    this.#stale = record.stale;
  }

  /** What a checkpoint keeps. */
  get record(): CourseRecord {
    return {
      state: structuredClone(this.state),
      losses: this.#losses,
      logged: { ...this.#logged },
      first: [...this.#first],
      last: [...this.#last],
      stale: this.#stale,
    };
  }

  /** The mean loss of all steps. */
  get trainingLoss(): number {
    return this.state.global_step === 0 ? 0 : this.#losses / this.state.global_step;
  }

  /** Whether there were too many evaluations without an improvement. */
  get isStale(): boolean {
    const { early_stopping_patience: patience } = this.#args;
    return patience > 0 && this.#stale >= patience;
  }

  /**
   * Counts a step, and logs it if it is time to.
   *
   * @param step `epoch`: passes over the data with it; `rate`: its learning rate.
   * @throws {NonFiniteError} If the training diverges.
   */
  step(
    { loss, grad_norm, applied }: StepResult,
    { epoch, rate, tokens }: { epoch: number; rate: number; tokens: number },
  ): void {
    const { state } = this;
    state.global_step++;
    state.epoch = epoch;
    state.num_input_tokens_seen += tokens;
    if (applied) {
      this.#losses += loss;
      this.#logged.sum += loss;
      this.#logged.count++;
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

  /** Logs an evaluation. Gives whether the model is the best so far. */
  evaluated(values: MetricValues, checkpoint: string): boolean {
    const { state } = this;
    const { metric_for_best_model: name, greater_is_better, early_stopping_threshold: threshold } = this.#args;
    // A correlation with constants is NaN, which JSON has not.
    const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value));
    addLog(state, prefixed("eval", Object.fromEntries(finite)));
    const value = values[name];
    if (value === undefined) {
      throw new RangeError(
        `Cannot train: metric_for_best_model must be a number of the evaluation, of ${
          Object.keys(values).join(", ")
        }, ` +
          `got "${name}"`,
      );
    }
    const best = state.best_metric;
    const gain = best === null ? Infinity : greater_is_better ? value - best : best - value;
    this.#stale = gain > threshold ? 0 : this.#stale + 1;
    if (!(gain > 0)) return false;
    state.best_metric = value;
    state.best_global_step = state.global_step;
    state.best_model_checkpoint = checkpoint;
    return true;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
