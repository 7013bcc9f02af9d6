/** The steps of a training, with its evaluations and checkpoints. */

import type { LossOptions } from "../../heads/loss_run.ts";
import type { TeacherOption } from "../../heads/pretrained.ts";
import type { ModelInputs } from "../../model/batch/inputs.ts";
import { checkpointName } from "../checkpoint/layout.ts";
import type { TrainingBatch, TrainingData } from "../data/reading/training.ts";
import type { Optimizer, StepResult } from "../optimizer.ts";
import type { ResumeNote } from "../report/data.ts";
import type { TrainingCheckpoint } from "../saving/training_checkpoint.ts";
import type { TrainingFolder } from "../saving/training_folder.ts";
import { type Schedule, scheduleOf } from "../schedules.ts";
import type { TrainerState } from "../trainer_state/trainer_state.ts";
import type { ResolvedArguments } from "./arguments.ts";
import { Course } from "./course/course.ts";
import type { Evaluation } from "./evaluation.ts";
import type { TrainingIdentity } from "./course/identity.ts";
import { lengthOf, type TrainingLength } from "./course/length.ts";
import { endsEpoch, Pace } from "./course/pace.ts";
import type { TrainingProgress } from "./progress.ts";
import { type Due, readTrainerRecord, type TrainerRecord, trainerRecord } from "./course/record.ts";
import { labelCount } from "./scored.ts";
import { Speed } from "./speed.ts";

/** What a loop needs. */
export interface LoopParts {
  readonly args: ResolvedArguments;
  readonly optimizer: Optimizer;
  readonly folder: TrainingFolder;
  readonly data: TrainingData;
  readonly identity: TrainingIdentity;
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
  /** Whether something of it has a label; if not, its loss is that of nothing. */
  readonly isLabelled: boolean;
  /** Its examples, for messages. */
  readonly name: string;
}

/** A checkpoint, and what a trainer keeps in it. */
interface Opened {
  readonly checkpoint: TrainingCheckpoint;
  readonly record: TrainerRecord;
}

/** What a checkpoint is, beside that of its step. */
type CheckpointKind = Partial<Pick<TrainerRecord, "isInterim" | "due" | "isLast">>;

/** Runs the steps of a training, from its beginning or from a checkpoint on. */
export class TrainingLoop {
  readonly #parts: LoopParts;
  readonly #course: Course;
  readonly #pace: Pace;
  readonly #schedule: Schedule;
  readonly #speed = new Speed();
  readonly #from: Opened | null;
  /** The steps whose checkpoints were written last: one that stays, and one that an interruption left. */
  #saved: number | null = null;
  #interim: number | null = null;

  private constructor(parts: LoopParts, length: TrainingLength, from: Opened | null) {
    const { args, data } = parts;
    const { lr_scheduler_type, learning_rate: lr, warmup_steps, warmup_ratio } = args;
    this.#parts = parts;
    this.#from = from;
    this.#course = new Course(args, { length, record: from?.record.course ?? null });
    this.#pace = new Pace({ args, data, length, start: from && { ...from.record, ...from.record.course.state } });
    const warmup = warmup_steps > 0 ? { warmup_steps } : { warmup_ratio };
    this.#schedule = scheduleOf(lr_scheduler_type, { total_steps: length.steps, lr, ...warmup });
  }

  /**
   * A loop that begins anew, or goes on from a checkpoint.
   *
   * @throws {CheckpointError} If it is that of another training.
   */
  static async open(parts: LoopParts, checkpoint: TrainingCheckpoint | null): Promise<TrainingLoop> {
    const from = checkpoint && { checkpoint, record: await readTrainerRecord(checkpoint, parts.identity) };
    return new TrainingLoop(parts, await lengthOf(parts.data, parts.args), from);
  }

  /** The course so far. */
  get state(): TrainerState {
    return this.#course.state;
  }

  /** The mean loss of all steps. */
  get trainingLoss(): number {
    return this.#course.trainingLoss;
  }

  /** Tokens a second, by the steps that were logged since the loop began. */
  get tokensPerSecond(): Map<number, number> {
    return this.#speed.logged;
  }

  /** From which checkpoint it goes on. */
  get resumed(): ResumeNote[] {
    const step = this.#from?.checkpoint.step;
    return step === undefined ? [] : [{ step, checkpoint: checkpointName(step) }];
  }

  /** Runs all steps that are left. @throws The signal's reason, once a checkpoint is written. */
  async run(): Promise<void> {
    if (!await this.#restore()) await this.#steps();
    this.#course.ended();
  }

  /** Removes checkpoints that an interruption or a kill left, once all that the training gives is saved. */
  async tidy(): Promise<void> {
    await this.#parts.folder.prune(this.#course.checkpoints, { upTo: this.state.global_step });
  }

  /** Goes on from the checkpoint, if there is one. Gives whether the training has ended. */
  async #restore(): Promise<boolean> {
    if (this.#from === null) return false;
    const { checkpoint, record: { due, isInterim, isLast } } = this.#from;
    const { step } = checkpoint;
    await this.#speed.pause(() => checkpoint.restore(this.#parts.optimizer));
    if (isInterim) this.#interim = step;
    else this.#saved = step;
    return due === null ? isLast : await this.#follow(due);
  }

  async #steps(): Promise<void> {
    const { args, data, signal } = this.#parts;
    const pace = this.#pace;
    let group: TrainingBatch[] = [];
    let asked: AskedStep | null = null;
    for await (const batch of data.batches(pace.range)) {
      group.push(batch);
      if (group.length < args.gradient_accumulation_steps && !endsEpoch(batch)) continue;
      const rate = args.learning_rate * this.#schedule(pace.scheduled);
      const due = await pace.step(group);
      const next = this.#ask(group, { epoch: pace.epoch, rate });
      await this.#settle(asked, next);
      asked = next;
      group = [];
      if (!due.evaluates && !due.saves && !due.ends && !signal?.aborted) continue;
      await this.#settle(asked);
      asked = null;
      if (await this.#follow(due)) return;
      if (!signal?.aborted) continue;
      if (this.#saved !== pace.steps) await this.#save({ isInterim: true });
      throw signal.reason;
    }
  }

  /** Does what follows a step. Gives whether the training has ended. */
  async #follow(due: Due): Promise<boolean> {
    const { args } = this.#parts;
    const isBest = due.evaluates && await this.#evaluate(due);
    const isLast = due.ends || this.#course.isStale;
    const saves = due.saves || (isLast && args.save_strategy !== "no") || (isBest && args.load_best_model_at_end);
    if (saves) await this.#save({ isLast });
    return isLast;
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
      isLabelled: group.some(({ inputs }) => labelCount(inputs.labels) > 0),
      name: `examples ${examples.slice(0, 8).join(", ")}${examples.length > 8 ? ", …" : ""}`,
    };
  }

  /** Waits for a step, and counts it. @param later One that was asked for meanwhile, which is not left alone. */
  async #settle(asked: AskedStep | null, later: AskedStep | null = null): Promise<void> {
    if (asked === null) return;
    const { args, onProgress } = this.#parts;
    try {
      const result = await asked.result;
      this.#course.step(result, asked);
      const { global_step: step, max_steps: steps } = this.state;
      const { epoch, rate: learning_rate, tokens } = asked;
      this.#speed.step({ step, tokens, isLogged: step % args.logging_steps === 0 });
      const expected = this.#speed.expect(Math.max(0, steps - step));
      onProgress?.({ status: "step", step, steps, epoch, loss: result.loss, learning_rate, ...expected });
    } catch (error) {
      await later?.result.catch(() => {});
      throw error;
    }
  }

  /** Evaluates. An interruption leaves a checkpoint that begins with the evaluation. Gives whether the model is the best. */
  async #evaluate(due: Due): Promise<boolean> {
    const { evaluate, onProgress, signal } = this.#parts;
    const { global_step: step } = this.state;
    try {
      const { values } = await this.#speed.pause(evaluate);
      const isBest = this.#course.evaluated(values);
      onProgress?.({ status: "evaluated", step, values });
      return isBest;
    } catch (error) {
      if (signal?.aborted && this.#interim !== step) await this.#save({ isInterim: true, due });
      throw error;
    }
  }

  /** Writes a checkpoint. One that is interim goes when the next is written: a training without a stop has none. */
  async #save({ isInterim = false, due = null, isLast = false }: CheckpointKind): Promise<void> {
    const { optimizer, folder, identity, onProgress } = this.#parts;
    const course = this.#course;
    const { global_step: step } = this.state;
    if (!isInterim) course.saved(checkpointName(step), { isLast });
    const { position, batches } = this.#pace;
    const record = { position, batches, course: course.record, isInterim, due, isLast };
    const path = await this.#speed.pause(() =>
      folder.save(optimizer, {
        step,
        ...trainerRecord(record, identity),
        keeps: course.checkpoints,
        replaces: this.#interim === step,
      })
    );
    if (isInterim) this.#interim = step;
    else this.#saved = step;
    onProgress?.({ status: "saved", step, path });
  }
}
