/** How long a training is. */

import type { TrainingData } from "../../data/reading/training.ts";
import type { ResolvedArguments } from "../arguments.ts";

/** What decides it. */
type LengthArguments = Pick<ResolvedArguments, "gradient_accumulation_steps" | "max_steps" | "num_train_epochs">;

/** How long a training is. */
export interface TrainingLength {
  /** Its steps; expected ones, if how many batches an epoch has depends on its texts. */
  readonly steps: number;
  /** Whether the training ends after so many steps; if not, after `epochs`. */
  readonly exact: boolean;
  /** Passes over the data after which it ends; Infinity if `max_steps` decides. */
  readonly epochs: number;
  /** Passes over the data that it begins, as Hugging Face's Trainer counts them. */
  readonly num_train_epochs: number;
}

/**
 * The length of a training, as Hugging Face's Trainer has it: an epoch ends with a step, of fewer batches if none are left,
 * and the last epoch may be a part of one.
 */
export async function lengthOf(data: TrainingData, args: LengthArguments): Promise<TrainingLength> {
  const { max_steps, num_train_epochs: epochs, gradient_accumulation_steps } = args;
  const stepsOf = (batches: number) => Math.ceil(batches / gradient_accumulation_steps);
  const first = await data.size();
  if (max_steps > 0) {
    const num_train_epochs = Math.ceil(max_steps / stepsOf(first.batches));
    return { steps: max_steps, exact: true, epochs: Infinity, num_train_epochs };
  }
  const whole = Math.floor(epochs);
  const last = await data.size(whole);
  let { exact } = last;
  let steps = Math.ceil(epochs * stepsOf(last.batches));
  for (let epoch = 0; epoch < whole; epoch++) {
    const size = await data.size(epoch);
    steps += stepsOf(size.batches) - stepsOf(last.batches);
    exact &&= size.exact;
  }
  return { steps, exact, epochs, num_train_epochs: Math.ceil(epochs) };
}
