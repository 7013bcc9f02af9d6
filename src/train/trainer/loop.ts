/** The steps of a training, with its evaluations and checkpoints. */

import type { LossOptions } from "../../heads/loss_run.ts";
import type { TeacherOption } from "../../heads/pretrained.ts";
import type { ModelInputs } from "../../model/batch/inputs.ts";
import type { DataPosition } from "../data/order/position.ts";
import type { TrainingBatch, TrainingData } from "../data/reading/training.ts";
import { NonFiniteGuard } from "../non_finite.ts";
import type { Optimizer, StepResult } from "../optimizer.ts";
import type { ResumeNote } from "../report/data.ts";
import type { TrainingCheckpoint } from "../saving/training_checkpoint.ts";
import type { TrainingFolder } from "../saving/training_folder.ts";
import { type Schedule, scheduleOf } from "../schedules.ts";
import type { TrainerState } from "../trainer_state/trainer_state.ts";
import type { Interval, ResolvedArguments } from "./arguments.ts";
import { Course } from "./course.ts";
import type { Evaluation } from "./evaluation.ts";
import { readTrainerRecord, type TrainerRecord, trainerRecord } from "./record.ts";
import { Speed } from "./speed.ts";

/** What a training tells while it runs. */
export type TrainingProgress = StepProgress | {
  /** An evaluation goes on. */
  readonly status: "evaluation";
  /** Examples so far, and in all. */
  readonly examples: number;
  readonly total: number;
} | {
  /** An evaluation has ended, or a checkpoint was written. */
  readonly status: "evaluated" | "saved";
  readonly step: number;
  /** Of an evaluation: its numbers, such as `loss` and `accuracy`. */
  readonly values?: Readonly<Record<string, number>>;
  /** Of a checkpoint: its path. */
  readonly path?: string;
};

/** A step has ended. */
export interface StepProgress {
  readonly status: "step";
  /** Steps so far, and in all; expected ones, if how many batches the data give is not known. */
  readonly step: number;
  readonly steps: number;
  /** Passes over the data so far. */
  readonly epoch: number;
  readonly loss: number;
  readonly learning_rate: number;
  readonly tokens_per_second: number;
  /** Expected seconds to the end. */
  readonly seconds_left: number;
}

/** What a loop needs. */
export interface LoopParts {
  readonly args: ResolvedArguments;
  readonly optimizer: Optimizer;
  readonly folder: TrainingFolder;
  readonly data: TrainingData;
  /** Of the data. */
  readonly fingerprint: string;
  /** Options of every step. */
  readonly step: LossOptions & TeacherOption;
  evaluate(): Promise<Evaluation>;
  readonly onProgress: ((progress: TrainingProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A step that was asked for. */
interface AskedStep {
  readonly result: Promise<StepResult>;
  readonly epoch: number;
  readonly rate: number;
  readonly tokens: number;
  /** Its batches, for messages. */
  readonly name: string;
}

/** Runs the steps of a training, from its beginning or from a checkpoint on. */
export class TrainingLoop {
  readonly #parts: LoopParts;
  readonly #guard = new NonFiniteGuard();
  readonly #speed = new Speed();
  #course: Course | null = null;
  #position: DataPosition | undefined;
  /** A checkpoint that an interruption left, and that the next one replaces. */
  #interim: readonly number[] = [];
  #saved = -1;
  readonly resumed: ResumeNote[] = [];

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Tokens a second, by the steps that were logged since the loop began. */
  get tokensPerSecond(): Map<number, number> {
    return this.#speed.logged;
  }

  /** The course so far; null before it began. */
  get state(): TrainerState | null {
    return this.#course?.state ?? null;
  }

  /** The mean loss of all steps. */
  get trainingLoss(): number {
    return this.#course?.trainingLoss ?? 0;
  }

  /** Runs all steps that are left. @throws The signal's reason, once a checkpoint is written. */
  async run(last: TrainingCheckpoint | null): Promise<TrainerState> {
    const { args, data, signal, fingerprint } = this.#parts;
    const { steps, exact } = await this.#length();
    const record = last === null ? null : readTrainerRecord(last, { args, fingerprint });
    const course = this.#course = new Course(args, { steps, record: record?.course ?? null });
    if (last !== null && record !== null) await this.#restore(last, record);
    const schedule = this.#schedule(steps);
    const epochs = args.max_steps > 0 ? Infinity : args.num_train_epochs;
    let group: TrainingBatch[] = [];
    let asked: AskedStep | null = null;
    let count = course.state.global_step;
    const isDone = () => exact || args.max_steps > 0 ? count >= steps : course.state.epoch >= epochs;
    if (isDone() || course.isStale) return course.state;
    const range = {
      ...(this.#position && { from: this.#position }),
      ...(epochs < Infinity && { num_train_epochs: epochs }),
    };
    for await (const batch of data.batches(range)) {
      group.push(batch);
      const endsEpoch = batch.next.window === 0 && batch.next.batch === 0;
      if (group.length < args.gradient_accumulation_steps && !endsEpoch) continue;
      const epoch = endsEpoch ? batch.next.epoch : batch.next.epoch + batch.progress;
      const before = exact || epochs === Infinity ? count : Math.min(steps, course.state.epoch / epochs * steps);
      const next = this.#ask(group, { epoch, rate: args.learning_rate * schedule(before) });
      await this.#settle(asked, next);
      asked = next;
      group = [];
      count++;
      this.#position = batch.next;
      const [evaluates, saves] = [
        this.#isDue(args.eval_strategy, args.eval_steps, { count, endsEpoch }),
        this.#isDue(args.save_strategy, args.save_steps, { count, endsEpoch }),
      ];
      const ends = exact || epochs === Infinity ? count >= steps : epoch >= epochs;
      if (!evaluates && !saves && !ends && !signal?.aborted) continue;
      await this.#settle(asked);
      asked = null;
      if (evaluates) await this.#evaluate();
      const isLast = ends || course.isStale;
      if (saves || (isLast && args.save_strategy !== "no")) await this.#save();
      if (isLast) break;
      if (signal?.aborted) {
        if (this.#saved !== count) await this.#save({ interim: true });
        throw signal.reason;
      }
    }
    await this.#settle(asked);
    for (const step of this.#interim) await this.#parts.folder.discard(step);
    return course.state;
  }

  /** How many steps the training has. */
  async #length(): Promise<{ steps: number; exact: boolean }> {
    const { args, data } = this.#parts;
    const { batches, exact } = await data.size();
    const perEpoch = Math.ceil(batches / args.gradient_accumulation_steps);
    return { steps: args.max_steps > 0 ? args.max_steps : Math.ceil(perEpoch * args.num_train_epochs), exact };
  }

  #schedule(steps: number): Schedule {
    const { args } = this.#parts;
    return scheduleOf(args.lr_scheduler_type, {
      total_steps: steps,
      lr: args.learning_rate,
      ...(args.warmup_steps > 0 ? { warmup_steps: args.warmup_steps } : { warmup_ratio: args.warmup_ratio }),
    });
  }

  async #restore(last: TrainingCheckpoint, { position, isInterim }: TrainerRecord): Promise<void> {
    await last.restore(this.#parts.optimizer);
    this.#position = position;
    this.#interim = isInterim ? [last.step] : [];
    this.#saved = last.step;
    this.resumed.push({ step: last.step, checkpoint: `checkpoint-${last.step}` });
  }

  #isDue(when: Interval, every: number, { count, endsEpoch }: { count: number; endsEpoch: boolean }): boolean {
    return when === "epoch" ? endsEpoch : when === "steps" && count % every === 0;
  }

  /** Asks for a step, which need not wait for the one before. */
  #ask(group: readonly TrainingBatch[], { epoch, rate }: { epoch: number; rate: number }): AskedStep {
    const { optimizer, step } = this.#parts;
    const inputs = group.map((batch) => batch.inputs as ModelInputs);
    optimizer.lr = rate;
    const result = optimizer.step(inputs.length === 1 ? inputs[0] as ModelInputs : inputs, step);
    result.catch(() => {}); // reported when it is settled
    const examples = group.flatMap((batch) => batch.examples);
    return {
      result,
      epoch,
      rate,
      tokens: group.reduce((sum, { tokens }) => sum + tokens, 0),
      name: `examples ${examples.slice(0, 8).join(", ")}${examples.length > 8 ? ", …" : ""}`,
    };
  }

  /** Waits for a step, and counts it. @param later One that was asked for meanwhile, which is not left alone. */
  async #settle(asked: AskedStep | null, later: AskedStep | null = null): Promise<void> {
    if (asked === null) return;
    const course = this.#course as Course;
    const { epoch, rate, tokens, name } = asked;
    try {
      const result = await asked.result;
      this.#guard.check(result, `step ${course.state.global_step + 1}, ${name}`);
      course.step(result, { epoch, rate, tokens });
      const { global_step: step, max_steps: steps } = course.state;
      this.#speed.step({ step, tokens, isLogged: step % this.#parts.args.logging_steps === 0 });
      const { tokens_per_second, seconds_left } = this.#speed.expect(Math.max(0, steps - step));
      const { loss } = result;
      const progress = {
        status: "step",
        step,
        steps,
        epoch,
        loss,
        learning_rate: rate,
        tokens_per_second,
        seconds_left,
      };
      this.#parts.onProgress?.(progress as StepProgress);
    } catch (error) {
      await later?.result.catch(() => {});
      throw error;
    }
  }

  async #evaluate(): Promise<void> {
    const course = this.#course as Course;
    const { values } = await this.#speed.pause(() => this.#parts.evaluate());
    const { global_step: step } = course.state;
    course.evaluated(values, `checkpoint-${step}`);
    this.#parts.onProgress?.({ status: "evaluated", step, values });
  }

  /** Writes a checkpoint. One that is `interim` goes when the next is written: a training without a stop has none. */
  async #save({ interim = false }: { interim?: boolean } = {}): Promise<void> {
    const { optimizer, folder, args, fingerprint } = this.#parts;
    const course = this.#course as Course;
    const { global_step: step, best_global_step: best } = course.state;
    if (this.#saved === step && this.#interim.length === 0) return;
    const data = trainerRecord({
      args,
      fingerprint,
      position: this.#position as DataPosition,
      course: course.record,
      isInterim: interim,
    });
    const replaces = this.#interim.filter((other) => other !== step);
    const spares = interim ? "all" : best === null ? [] : [best];
    const path = await this.#speed.pause(() => folder.save(optimizer, { step, data, spares, replaces }));
    this.#interim = interim ? [step] : [];
    this.#saved = step;
    this.#parts.onProgress?.({ status: "saved", step, path });
  }
}
