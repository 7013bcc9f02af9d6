/** Where a training is: in its data, and in its steps. */

import { DATA_START, type DataPosition } from "../../data/order/position.ts";
import type { EpochSize, TrainingBatch, TrainingData, TrainingRange } from "../../data/reading/training.ts";
import type { Interval, ResolvedArguments } from "../arguments.ts";
import type { TrainingLength } from "./length.ts";
import type { Due } from "./record.ts";

/** Where a training goes on. */
export interface PaceStart {
  readonly position: DataPosition;
  readonly batches: number;
  readonly global_step: number;
  readonly epoch: number;
}

/** Whether a batch is the last one of its epoch. */
export function endsEpoch({ next }: TrainingBatch): boolean {
  return next.window === 0 && next.batch === 0;
}

/** Follows the steps that were asked for, which are those that were counted or one more. */
export class Pace {
  readonly #args: ResolvedArguments;
  readonly #data: TrainingData;
  readonly #length: TrainingLength;
  #position: DataPosition;
  #batches: number;
  #steps: number;
  #epoch: number;
  #size: { readonly epoch: number; readonly size: EpochSize } | null = null;

  constructor(
    { args, data, length, start }: {
      args: ResolvedArguments;
      data: TrainingData;
      length: TrainingLength;
      start: PaceStart | null;
    },
  ) {
    this.#args = args;
    this.#data = data;
    this.#length = length;
    this.#position = start?.position ?? DATA_START;
    this.#batches = start?.batches ?? 0;
    this.#steps = start?.global_step ?? 0;
    this.#epoch = start?.epoch ?? 0;
  }

  /** The batches that are left. */
  get range(): TrainingRange {
    const { epochs } = this.#length;
    return { from: this.#position, ...(epochs < Infinity && { num_train_epochs: epochs }) };
  }

  /** Where the next step begins in the data. */
  get position(): DataPosition {
    return this.#position;
  }

  /** Batches of the epoch so far. */
  get batches(): number {
    return this.#batches;
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Passes over the data so far: by batches, as Hugging Face's Trainer counts, if it is known how many there are. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Where the next step is in the schedule: its number, or an expected one if how many steps there are is not known. */
  get scheduled(): number {
    const { steps, exact, epochs } = this.#length;
    return exact ? this.#steps : Math.min(steps, this.#epoch / epochs * steps);
  }

  /** Goes on by the batches of a step. Gives what follows it. */
  async step(group: readonly TrainingBatch[]): Promise<Due> {
    const { eval_strategy, eval_steps, save_strategy, save_steps } = this.#args;
    const { steps, exact, epochs } = this.#length;
    const { next, progress } = group.at(-1) as TrainingBatch;
    const isWhole = endsEpoch(group.at(-1) as TrainingBatch);
    this.#steps++;
    this.#position = next;
    this.#batches = isWhole ? 0 : this.#batches + group.length;
    this.#epoch = next.epoch + (isWhole ? 0 : await this.#share(next.epoch, progress));
    // An epoch ends with its last batch, even if that holds no example of its own.
    const endsPart = isWhole || next.epoch + 1 > epochs;
    const ends = exact ? this.#steps >= steps : endsPart && this.#epoch >= epochs;
    const isDue = (when: Interval, every: number) =>
      when === "epoch" ? isWhole || ends : when === "steps" && this.#steps % every === 0;
    return { evaluates: isDue(eval_strategy, eval_steps), saves: isDue(save_strategy, save_steps), ends };
  }

  /** The share of an epoch so far. @param examples That of its examples. */
  async #share(epoch: number, examples: number): Promise<number> {
    if (this.#size?.epoch !== epoch) this.#size = { epoch, size: await this.#data.size(epoch) };
    const { batches, exact } = this.#size.size;
    return exact ? this.#batches / batches : examples;
  }
}
