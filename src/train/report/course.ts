/** The sections of a report that show the course of the training. */

import { type Markup, markup } from "../../base/report/markup.ts";
import { duration, shownNumber } from "../../base/report/numbers.ts";
import { facts, section } from "../../base/report/section.ts";
import { numbersBehind, table } from "../../base/report/table.ts";
import type { LogEntry } from "../trainer_state/trainer_state.ts";
import type { DrawChart } from "./chart.ts";
import type { TrainingReport } from "./data.ts";
import { figure } from "./figure.ts";
import { curve, endOf, evaluationsOf, metricNames, metricText } from "./history.ts";
import { isBand, type Point, type Series } from "./series.ts";

/** Most lines of one chart. */
const MOST_LINES = 5;
/** Most evaluations whose table is open from the start. */
const MOST_ROWS = 30;

/** The numbers that most people want first. */
export function summary(report: TrainingReport): Markup {
  const { state } = report;
  const { global_step, max_steps, epoch, best_global_step, num_input_tokens_seen } = state;
  const evaluations = evaluationsOf(state);
  const best = evaluations.findLast(({ step }) => step === best_global_step) ?? evaluations.at(-1) ?? {};
  const end = endOf(state);
  const first: [string, string][] = [];
  const steps = shownNumber(global_step);
  first.push(["steps", max_steps > global_step ? `${steps} of ${shownNumber(max_steps)}` : steps]);
  first.push(["epochs", shownNumber(epoch)]);
  if (num_input_tokens_seen > 0) first.push(["tokens", shownNumber(num_input_tokens_seen)]);
  if (end.train_runtime !== undefined) first.push(["time", duration(end.train_runtime)]);
  for (const name of metricNames([best])) first.push([metricText(name), shownNumber(best[name] as number)]);
  return markup`${facts(first)}${bestModel(report)}`;
}

/** Which model is the best, whose numbers the summary has; null if none was chosen. */
function bestModel({ state, settings = {} }: TrainingReport): Markup | null {
  const { best_metric, best_global_step } = state;
  if (best_metric === null || best_global_step === null) return null;
  if (!evaluationsOf(state).some(({ step }) => step === best_global_step)) return null;
  const { metric_for_best_model: metric } = settings;
  const value = `${typeof metric === "string" ? `${metricText(metric)} ` : ""}${shownNumber(best_metric)}`;
  return markup`<p>The best model is that of step ${
    shownNumber(best_global_step)
  }, by ${value}. The numbers are its.</p>
`;
}

/** The notes of what was resumed; null if nothing was. */
export function resumptions({ resumed = [] }: TrainingReport): Markup | null {
  if (resumed.length === 0) return null;
  const items = resumed.map(({ step, checkpoint, differences = [] }) => {
    const from = checkpoint === undefined ? null : markup`, from <code>${checkpoint}</code>`;
    const since = differences.length === 0
      ? null
      : markup`<ul>${differences.map((text) => markup`<li>${text}</li>`)}</ul>`;
    return markup`<li>After step ${shownNumber(step)}${from}.${since}</li>`;
  });
  return section("Resumed", markup`<p>The training was interrupted, and went on:</p>\n<ul>${items}</ul>`);
}

/** Loss, learning rate, norm of the gradients and throughput by step; null if nothing was logged. */
export function curves(draw: DrawChart, { state, resumed = [] }: TrainingReport): Markup | null {
  const charts: [string, Series[]][] = [
    ["Loss", [curve(state, "loss", "training"), curve(state, "eval_loss", "evaluation")]],
    ["Learning rate", [curve(state, "learning_rate", "learning rate")]],
    ["Norm of the gradients", [curve(state, "grad_norm", "norm")]],
    ["Tokens per second", [curve({ ...state, log_history: stepsOf(state) }, "train_tokens_per_second", "tokens")]],
  ];
  const marks = resumed.map(({ step }) => step);
  const bands = charts.some(([, series]) => series.some(isBand));
  const figures = charts.flatMap(([caption, all]) => {
    const series = all.filter(({ points }) => points.length > 0);
    return series.length === 0 ? [] : [figure(draw, { caption, x: "step", series, marks })];
  });
  if (figures.length === 0) return null;
  const note = [
    marks.length > 0 ? "Dotted vertical lines: the training went on from a checkpoint." : null,
    bands ? "Shaded: from the least to the greatest of neighbouring entries; lines: their means." : null,
  ].filter((sentence) => sentence !== null).join(" ");
  const notes = note === "" ? null : markup`<p>${note}</p>\n`;
  return section("Training", markup`${notes}<div class="figures">${figures}</div>`);
}

/** The entry at the end has the throughput of the whole training, which is no point of the curve. */
function stepsOf({ log_history }: TrainingReport["state"]) {
  return log_history.filter(({ loss }) => loss !== undefined);
}

/** Metrics by epoch; null if nothing was evaluated. */
export function evaluations(draw: DrawChart, { state }: TrainingReport): Markup | null {
  const entries = evaluationsOf(state);
  const names = metricNames(entries);
  if (names.length === 0) return null;
  const all = {
    name: "Evaluations",
    columns: ["epoch", "step", ...names.map(metricText)],
    rows: entries.map((entry) => [
      shownNumber(entry.epoch ?? NaN),
      entry.step ?? null,
      ...names.map((name) => entry[name] ?? null),
    ]),
  };
  const numbers = entries.length > MOST_ROWS ? numbersBehind(all) : table(all);
  return section("Evaluations", markup`${metricFigures(draw, entries)}${numbers}`);
}

/** Metrics of several evaluations by epoch: the shares together, each other by itself. The loss is among the curves. */
function metricFigures(draw: DrawChart, entries: readonly LogEntry[]): Markup | null {
  const all = metricNames(entries).filter((name) => name !== "eval_loss").map((name): Series => ({
    name: metricText(name),
    points: entries.flatMap(({ epoch, [name]: value }): Point[] =>
      epoch === undefined || value === undefined ? [] : [[epoch, value]]
    ),
  }));
  const drawn = all.filter(({ points }) => points.length > 1);
  if (drawn.length === 0) return null;
  const isShare = ({ points }: Series) => points.every(([, y]) => !(Math.abs(y) > 1));
  const others = drawn.filter((series) => !isShare(series)).map((series) => [series]);
  const figures = [...chunks(drawn.filter(isShare), MOST_LINES), ...others].map((series) => {
    const caption = series.length > 1 ? "Metrics" : capitalised((series[0] as Series).name);
    return figure(draw, { caption, x: "epoch", series });
  });
  return markup`<div class="figures">${figures}</div>`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
