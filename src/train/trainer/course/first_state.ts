/** The state of a training before its first step, and what it holds of callbacks, as Hugging Face's Trainer has them. */

import { type CallbackState, newTrainerState, type TrainerState } from "../../trainer_state/trainer_state.ts";
import type { ResolvedArguments } from "../arguments.ts";
import type { TrainingLength } from "./length.ts";

/** The arguments of which the state holds something. */
type StateArguments = Pick<
  ResolvedArguments,
  | "logging_steps"
  | "eval_strategy"
  | "eval_steps"
  | "save_steps"
  | "per_device_train_batch_size"
  | "early_stopping_patience"
  | "early_stopping_threshold"
>;

/** The state before the first step. */
export function firstState(args: StateArguments, { steps, num_train_epochs }: TrainingLength): TrainerState {
  const { logging_steps, eval_strategy, eval_steps, save_steps, per_device_train_batch_size } = args;
  return newTrainerState({
    max_steps: steps,
    logging_steps,
    ...(eval_strategy === "steps" && { eval_steps }),
    save_steps,
    train_batch_size: per_device_train_batch_size,
    num_train_epochs,
    stateful_callbacks: callbackStates(args),
  });
}

/**
 * What the state holds of callbacks.
 *
 * @param now `stale`: evaluations in a row without an improvement; `saves` and `ends`: whether a checkpoint is written, and
 *   whether it is the last.
 */
export function callbackStates(
  { early_stopping_patience, early_stopping_threshold }: StateArguments,
  { stale = 0, saves = false, ends = false } = {},
): TrainerState["stateful_callbacks"] {
  return {
    ...(early_stopping_patience > 0 && {
      EarlyStoppingCallback: {
        args: { early_stopping_patience, early_stopping_threshold },
        attributes: { early_stopping_patience_counter: stale },
      },
    }),
    TrainerControl: {
      args: {
        should_training_stop: ends,
        should_epoch_stop: false,
        should_save: saves,
        should_evaluate: false,
        should_log: false,
      },
      attributes: {},
    },
  };
}

/** Evaluations in a row without an improvement, as the state holds them; 0 if nothing depends on them. */
export function patienceUsed({ stateful_callbacks }: TrainerState): number {
  const callback = stateful_callbacks.EarlyStoppingCallback as CallbackState | undefined;
  return Number(callback?.attributes.early_stopping_patience_counter ?? 0);
}
