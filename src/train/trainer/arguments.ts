/** Arguments of a training, with the names of Hugging Face's `TrainingArguments`. */

import { describe } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import { type ScheduleName, scheduleOf, SCHEDULES } from "../schedules.ts";

/** What a model learns. */
export type TrainingTask = "mlm" | "classify" | "tag" | "choose";

/** When something is done: never, every so many steps, or after each epoch. */
export type Interval = "no" | "steps" | "epoch";

/** Arguments of a {@linkcode Trainer}. Their names, and most defaults, are those of Hugging Face's `TrainingArguments`. */
export interface TrainingArguments {
  /** The folder of the checkpoints, and of the model in the end. */
  output_dir: string | URL;
  /** The highest learning rate. @default 5e-4 for masked words, 5e-5 otherwise */
  learning_rate?: number;
  /** Examples of a batch in training. @default 32 */
  per_device_train_batch_size?: number;
  /** The same in evaluation, where it changes nothing but the speed. @default 64 */
  per_device_eval_batch_size?: number;
  /** Batches of one step, whose gradients are added. @default 1 */
  gradient_accumulation_steps?: number;
  /** How often all examples are seen. @default 3 */
  num_train_epochs?: number;
  /** Steps of the training, whatever `num_train_epochs` says; -1 if that counts. @default -1 */
  max_steps?: number;
  /** How the learning rate goes. @default "linear" */
  lr_scheduler_type?: ScheduleName;
  /** Share of the steps in which the learning rate rises. @default 0.02 for masked words, 0 otherwise */
  warmup_ratio?: number;
  /** The same as a number of steps; it wins over `warmup_ratio`. @default 0 */
  warmup_steps?: number;
  /** How fast weights decay, biases and LayerNorms aside. @default 0.01 */
  weight_decay?: number;
  /** How much of the mean gradient a step keeps. @default 0.9 */
  adam_beta1?: number;
  /** The same of the mean squared gradient. @default 0.999 */
  adam_beta2?: number;
  /** What is added to the root of the latter. @default 1e-8 */
  adam_epsilon?: number;
  /** Larger gradients are scaled down to this norm; 0 for no clipping. @default 1 */
  max_grad_norm?: number;
  /** Share of the labels' probability that all classes have in equal parts. @default 0 */
  label_smoothing_factor?: number;
  /** Every dropout probability. @default those of the model's config */
  dropout?: number;
  /** Computes layers again for their gradients: less memory, and a third more time. @default false */
  gradient_checkpointing?: boolean;
  /** Decides the order of the examples, the masks, dropout and new weights. @default 42 */
  seed?: number;
  /** Steps between two lines of the log. @default 50 */
  logging_steps?: number;
  /** When the model is evaluated. @default "epoch" if there are data for it, "no" otherwise */
  eval_strategy?: Interval;
  /** Steps between two evaluations. @default logging_steps */
  eval_steps?: number;
  /** When a checkpoint is written. @default "epoch" */
  save_strategy?: Interval;
  /** Steps between two checkpoints. @default 500 */
  save_steps?: number;
  /** Checkpoints that are kept: that of the best model so far, and the last ones. Of 1 it is these two. @default 2 */
  save_total_limit?: number;
  /**
   * Whether the model in the end is the best one of all evaluations, not the last. An evaluation that finds a better one
   * writes a checkpoint, whatever `save_strategy` says. @default false
   */
  load_best_model_at_end?: boolean;
  /** What the best model has the best of: `loss`, or another number of the evaluation. @default "loss" */
  metric_for_best_model?: string;
  /** Whether more of it is better. @default true, but of `loss`, `perplexity`, `calibration_error`, `mse` and `mae` */
  greater_is_better?: boolean;
  /** Evaluations in a row without an improvement after which the training ends; 0 for none. @default 0 */
  early_stopping_patience?: number;
  /** How much better than the best one so far counts as an improvement. @default 0 */
  early_stopping_threshold?: number;
}

/** The arguments with their defaults. */
export type ResolvedArguments =
  & Required<Omit<TrainingArguments, "dropout">>
  & Pick<TrainingArguments, "dropout">;

/** What an argument must be. */
interface Rule {
  readonly must: string;
  /** Whether it is of the type. */
  readonly isOfType: (value: unknown) => boolean;
  /** Whether it is in range; left out, all of the type are. */
  readonly isMet?: (value: unknown) => boolean;
}

const number = (must: string, isMet: (value: number) => boolean): Rule => ({
  must,
  isOfType: (value) => typeof value === "number",
  isMet: (value) => isMet(value as number),
});
const whole = (from: number) =>
  number(`a whole number from ${from}`, (value) => Number.isSafeInteger(value) && value >= from);
const from0 = number("a finite number from 0", (value) => Number.isFinite(value) && value >= 0);
const share = number("from 0 to 1", (value) => value >= 0 && value <= 1);
const below1 = number("from 0 to less than 1", (value) => value >= 0 && value < 1);
const positive = number("a positive number", (value) => Number.isFinite(value) && value > 0);
const boolean: Rule = { must: "true or false", isOfType: (value) => typeof value === "boolean" };
const string = (must: string, isMet: (value: string) => boolean): Rule => ({
  must,
  isOfType: (value) => typeof value === "string",
  isMet: (value) => isMet(value as string),
});
const oneOf = (...names: readonly string[]) => string(`one of ${names.join(", ")}`, (value) => names.includes(value));
const interval = oneOf("no", "steps", "epoch");
const place: Rule = {
  must: "a path or URL of a folder",
  isOfType: (value) => typeof value === "string" || value instanceof URL,
  isMet: (value) => value !== "",
};

/** What each argument must be. */
const RULES: Readonly<Record<keyof TrainingArguments, Rule>> = {
  output_dir: place,
  learning_rate: from0,
  per_device_train_batch_size: whole(1),
  per_device_eval_batch_size: whole(1),
  gradient_accumulation_steps: whole(1),
  num_train_epochs: positive,
  max_steps: number(
    "a whole number from 1, or -1",
    (value) => Number.isSafeInteger(value) && (value > 0 || value === -1),
  ),
  lr_scheduler_type: oneOf(...SCHEDULES),
  warmup_ratio: share,
  warmup_steps: whole(0),
  weight_decay: from0,
  adam_beta1: below1,
  adam_beta2: below1,
  adam_epsilon: positive,
  max_grad_norm: from0,
  label_smoothing_factor: below1,
  dropout: number("from 0 to 1", (value) => value >= 0 && value <= 1),
  gradient_checkpointing: boolean,
  seed: number("a whole number from 0 below 2^32", (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32),
  logging_steps: whole(1),
  eval_strategy: interval,
  eval_steps: whole(1),
  save_strategy: interval,
  save_steps: whole(1),
  save_total_limit: whole(1),
  load_best_model_at_end: boolean,
  metric_for_best_model: string("the name of a number of the evaluation", (value) => value !== ""),
  greater_is_better: boolean,
  early_stopping_patience: whole(0),
  early_stopping_threshold: from0,
};

/**
 * The arguments with their defaults.
 *
 * @param options `metrics`: names of the numbers of an evaluation; null if there are no data for one.
 * @throws {TypeError} If there is no such argument, or one that is needed is missing.
 * @throws {RangeError} If one is out of range, or two do not go together.
 */
export function resolveArguments(
  given: TrainingArguments,
  { task, metrics }: { task: TrainingTask; metrics: readonly string[] | null },
): ResolvedArguments {
  const action = "train";
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`Cannot ${action}: arguments must be an object with output_dir, got ${describe(given)}`);
  }
  checkOptionNames(action, given, Object.keys(RULES));
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    const { must, isOfType, isMet } = RULES[name as keyof TrainingArguments];
    const message = `Cannot ${action}: ${name} must be ${must}, got ${describe(value)}`;
    if (!isOfType(value)) throw new TypeError(message);
    if (isMet && !isMet(value)) throw new RangeError(message);
  }
  const args = Object.fromEntries(set) as unknown as TrainingArguments;
  if (args.output_dir === undefined) throw new TypeError(`Cannot ${action}: output_dir must be given, got none`);
  const evaluates = metrics !== null;
  const metric = (args.metric_for_best_model ?? "loss").replace(/^eval_/, "");
  const logging_steps = args.logging_steps ?? 50;
  const resolved = {
    learning_rate: task === "mlm" ? 5e-4 : 5e-5,
    per_device_train_batch_size: 32,
    per_device_eval_batch_size: 64,
    gradient_accumulation_steps: 1,
    num_train_epochs: 3,
    max_steps: -1,
    lr_scheduler_type: "linear" as const,
    warmup_ratio: task === "mlm" ? 0.02 : 0,
    warmup_steps: 0,
    weight_decay: 0.01,
    adam_beta1: 0.9,
    adam_beta2: 0.999,
    adam_epsilon: 1e-8,
    max_grad_norm: 1,
    label_smoothing_factor: 0,
    gradient_checkpointing: false,
    seed: 42,
    eval_strategy: evaluates ? "epoch" as const : "no" as const,
    eval_steps: logging_steps,
    save_strategy: "epoch" as const,
    save_steps: 500,
    save_total_limit: 2,
    load_best_model_at_end: false,
    greater_is_better: !/(loss|perplexity|error|mse|mae)$/.test(metric),
    early_stopping_patience: 0,
    early_stopping_threshold: 0,
    ...args,
    logging_steps,
    metric_for_best_model: metric,
  };
  checkTogether(resolved, metrics);
  return resolved;
}

/** Checks arguments that need each other. */
function checkTogether(args: ResolvedArguments, metrics: readonly string[] | null): void {
  const { eval_strategy, load_best_model_at_end, metric_for_best_model: metric, early_stopping_patience } = args;
  const fail = (problem: string): never => {
    throw new RangeError(`Cannot train: ${problem}`);
  };
  if (metrics !== null && !metrics.includes(metric)) {
    fail(`metric_for_best_model must be a number of the evaluation, one of ${metrics.join(", ")}, got "${metric}"`);
  }
  if (args.lr_scheduler_type === "polynomial") { // it has a rate at its end, which must be less
    scheduleOf("polynomial", { total_steps: 1, lr: args.learning_rate });
  }
  if (eval_strategy !== "no" && metrics === null) {
    fail(`eval_strategy "${eval_strategy}" needs data for the evaluation, got none`);
  }
  if (early_stopping_patience > 0 && eval_strategy === "no") {
    fail("early_stopping_patience needs an evaluation, got none");
  }
  if (load_best_model_at_end && eval_strategy === "no") fail("load_best_model_at_end needs an evaluation, got none");
}
