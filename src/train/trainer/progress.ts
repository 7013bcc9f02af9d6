/** What a training tells while it runs. */

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
  /** That it has. */
  readonly status: "step";
  /** Steps so far. */
  readonly step: number;
  /** Steps in all; expected ones, if how many batches the data give is not known. */
  readonly steps: number;
  /** Passes over the data so far. */
  readonly epoch: number;
  /** The loss of the batch before the update. */
  readonly loss: number;
  /** The learning rate of the step. */
  readonly learning_rate: number;
  /** Tokens a second, a running mean over the last steps. */
  readonly tokens_per_second: number;
  /** Expected seconds to the end. */
  readonly seconds_left: number;
}
