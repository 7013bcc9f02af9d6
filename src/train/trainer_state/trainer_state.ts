/** `trainer_state.json`: the course of a training, in the form in which Hugging Face's Trainer writes it. */

import { isObject } from "../../base/json.ts";
import { quote, shown } from "../../base/messages.ts";
import { parsePythonJson, pythonJson } from "./python_json.ts";

/**
 * An entry of the log: numbers by name, always with `step` and `epoch`. Of steps: `loss`, `grad_norm` and
 * `learning_rate`. Of an evaluation: names that begin with `eval_`. Of the end: names that begin with `train_`.
 */
export type LogEntry = Readonly<Record<string, number>>;

/** What a callback keeps: the arguments that it was made with, and what has changed since. */
export interface CallbackState {
  /** Arguments by name. */
  readonly args: Readonly<Record<string, boolean | number | string | null>>;
  /** Attributes by name. */
  readonly attributes: Readonly<Record<string, boolean | number | string | null>>;
}

/** The state of a training, by the names and with the defaults of Hugging Face's `TrainerState`. */
export interface TrainerState {
  /** Passes through the data so far, with the part of the present one. */
  epoch: number;
  /** Updates so far. */
  global_step: number;
  /** Updates of the whole training. */
  max_steps: number;
  /** Every how many steps the loss is logged. */
  logging_steps: number;
  /** Every how many steps the model is evaluated. */
  eval_steps: number;
  /** Every how many steps a checkpoint is saved. */
  save_steps: number;
  /** Examples of a batch. */
  train_batch_size: number | null;
  /** Passes of the whole training. */
  num_train_epochs: number;
  /** Tokens that the model has learned from so far. */
  num_input_tokens_seen: number;
  /** Floating-point operations so far; 0 if nobody counts them. */
  total_flos: number;
  /** What was logged, in its order. */
  log_history: LogEntry[];
  /** The best value so far of the metric that chooses the best model. */
  best_metric: number | null;
  /** The step in which it was found. */
  best_global_step: number | null;
  /** The folder of the checkpoint of that step. */
  best_model_checkpoint: string | null;
  /** True: one process trains. */
  is_local_process_zero: boolean;
  /** True: one machine trains. */
  is_world_process_zero: boolean;
  /** Whether this is one training of a search for settings. */
  is_hyper_param_search: boolean;
  /** The name of a training in a search. */
  trial_name: string | null;
  /** The settings of a training in a search. */
  trial_params: Readonly<Record<string, boolean | number | string>> | null;
  /** What callbacks keep, by the names of their classes. */
  stateful_callbacks: Readonly<Record<string, CallbackState | readonly CallbackState[]>>;
}

/** Whole numbers; Python writes all others with a decimal point. */
const INTEGERS = [
  "best_global_step",
  "early_stopping_patience",
  "early_stopping_patience_counter",
  "eval_steps",
  "global_step",
  "logging_steps",
  "max_steps",
  "num_input_tokens_seen",
  "num_train_epochs",
  "save_steps",
  "step",
  "train_batch_size",
];

/** Floats that begin as the whole number 0. */
const BEGIN_AT_0 = ["epoch", "total_flos"];

/** The kinds of fields: in words, and whether a value is of the kind. */
const KINDS = {
  count: ["a whole number from 0", (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0],
  number: ["a number", (value: unknown) => typeof value === "number"],
  boolean: ["true or false", (value: unknown) => typeof value === "boolean"],
  string: ["a string", (value: unknown) => typeof value === "string"],
  object: ["an object", isObject],
  array: ["an array", (value: unknown) => Array.isArray(value)],
} as const;

/** What each field is; null stands for its default. */
const FIELDS: Readonly<Record<keyof TrainerState, keyof typeof KINDS>> = {
  epoch: "number",
  global_step: "count",
  max_steps: "count",
  logging_steps: "number", // a share of the training, in files of Transformers before 4.31
  eval_steps: "number",
  save_steps: "number",
  train_batch_size: "count",
  num_train_epochs: "count",
  num_input_tokens_seen: "count",
  total_flos: "number",
  log_history: "array",
  best_metric: "number",
  best_global_step: "count",
  best_model_checkpoint: "string",
  is_local_process_zero: "boolean",
  is_world_process_zero: "boolean",
  is_hyper_param_search: "boolean",
  trial_name: "string",
  trial_params: "object",
  stateful_callbacks: "object",
};

/** The state of a training that has not begun. */
export function newTrainerState(given: Partial<TrainerState> = {}): TrainerState {
  return {
    epoch: 0,
    global_step: 0,
    max_steps: 0,
    logging_steps: 500,
    eval_steps: 500,
    save_steps: 500,
    train_batch_size: null,
    num_train_epochs: 0,
    num_input_tokens_seen: 0,
    total_flos: 0,
    log_history: [],
    best_metric: null,
    best_global_step: null,
    best_model_checkpoint: null,
    is_local_process_zero: true,
    is_world_process_zero: true,
    is_hyper_param_search: false,
    trial_name: null,
    trial_params: null,
    stateful_callbacks: {},
    ...given,
  };
}

/** Adds an entry to the log, with the step and the epoch of now, as Hugging Face's `Trainer.log` does. */
export function addLog(state: TrainerState, values: LogEntry): void {
  state.log_history.push({ ...values, epoch: state.epoch, step: state.global_step });
}

/** The text of `trainer_state.json`, byte for byte what Hugging Face's Trainer writes of the same state. */
export function trainerStateText(state: TrainerState): string {
  const isInteger = (key: string, value: number) =>
    INTEGERS.includes(key) ? Number.isInteger(value) : value === 0 && BEGIN_AT_0.includes(key);
  return pythonJson(state, isInteger) + "\n";
}

/**
 * Reads the text of `trainer_state.json`, of any version of Transformers: fields that it lacks have their defaults, and
 * those that are not known are left out.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseTrainerState(text: string): TrainerState {
  const refuse = (message: string, cause?: unknown): never => {
    throw new SyntaxError(`Cannot read the state of a training: ${message}`, { cause });
  };
  let json: unknown;
  try {
    json = parsePythonJson(text);
  } catch (cause) {
    refuse((cause as Error).message, cause);
  }
  if (!isObject(json)) return refuse(`it must be an object, got ${shown(json)}`);
  const defaults = newTrainerState();
  const fields = Object.entries(FIELDS).flatMap(([name, kind]): [string, unknown][] => {
    if (!Object.hasOwn(json, name)) return [];
    const value = json[name];
    // Earlier versions write null for what is counted now, an epoch that has not begun for instance.
    if (value === null) return [[name, defaults[name as keyof TrainerState]]];
    const [words, fits] = KINDS[kind];
    if (!fits(value)) refuse(`${quote(name)} must be ${words}, got ${shown(value)}`);
    return [[name, value]];
  });
  const state = { ...defaults, ...Object.fromEntries(fields) } as TrainerState;
  state.log_history.forEach((entry: unknown, i) => {
    const fits = isObject(entry) && Object.values(entry).every((value) => typeof value === "number");
    if (!fits) refuse(`"log_history" must hold objects of numbers, got ${shown(entry)} at ${i}`);
  });
  return state;
}
