/** The curves in the log of a training. */

import type { LogEntry, TrainerState } from "../trainer_state/trainer_state.ts";
import type { Series } from "./series.ts";

/** How names of an evaluation's numbers begin. */
const EVALUATION = /^eval_/;

/** Numbers of an evaluation that say how long it took, not how good the model is. */
const TIMES = /_(runtime|(samples|steps|tokens)_per_second|model_preparation_time)$/;

/** The values of a name by step, of the entries that have it. */
export function curve({ log_history }: TrainerState, key: string, name: string): Series {
  return { name, points: log_history.flatMap((entry) => point(entry, key)) };
}

function point({ step, ...entry }: LogEntry, key: string): [number, number][] {
  const value = entry[key];
  return step === undefined || value === undefined ? [] : [[step, value]];
}

/** The log's evaluations. */
export function evaluationsOf({ log_history }: TrainerState): LogEntry[] {
  return log_history.filter((entry) => Object.keys(entry).some((name) => EVALUATION.test(name)));
}

/** The names of metrics in some evaluations: the loss first, the others in the order in which they come. */
export function metricNames(evaluations: readonly LogEntry[]): string[] {
  const names = new Set(evaluations.flatMap(Object.keys).filter((name) => EVALUATION.test(name) && !TIMES.test(name)));
  return [...names].sort((a, b) => Number(b === "eval_loss") - Number(a === "eval_loss"));
}

/** A metric's name for people: `top 5 accuracy`. */
export function metricText(name: string): string {
  return name.replace(EVALUATION, "").replaceAll("_", " ").replace(/\bf1\b/, "F1");
}

/** What the log says at the end of the training; an empty entry if it has not ended. */
export function endOf({ log_history }: TrainerState): LogEntry {
  return log_history.findLast((entry) => entry.train_runtime !== undefined && entry.loss === undefined) ?? {};
}
