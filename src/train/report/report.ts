/** A page about a training, in one file that needs no network and runs no script. */

import { type Markup, markup } from "../../base/report/markup.ts";
import { page, section } from "../../base/report/section.ts";
import { table } from "../../base/report/table.ts";
import { calibrationDiagram, worstMistakes } from "./answers.ts";
import { type DrawChart, openCharts } from "./chart.ts";
import { classScores, confusions } from "./classes.ts";
import { curves, evaluations, resumptions, summary } from "./course.ts";
import { checkReport, type TrainingReport } from "./data.ts";

/**
 * Makes the report of a training: a page of HTML with its curves, evaluations, classes, confusions, calibration, worst
 * mistakes, settings and environment, as far as they are given. It is one file, which loads nothing and has no script;
 * every drawing has its numbers in a table. The same data give the same bytes.
 *
 * The first call loads what draws the curves, the scales and lines of D3.
 *
 * @throws {TypeError} If scores or the confusion matrix are not those of the classes.
 *
 * @example
 * ```ts
 * import { addLog, newTrainerState, trainingReport } from "@narrowbert/webgpu";
 *
 * const state = newTrainerState({ max_steps: 2 });
 * for (const loss of [0.7, 0.5]) {
 *   state.global_step++;
 *   addLog(state, { loss, learning_rate: 1e-3 });
 * }
 * const page = await trainingReport({ title: "Topics of definitions", state, settings: { learning_rate: 1e-3 } });
 * console.log(page.includes("<h1>Topics of definitions</h1>")); // true
 * ```
 */
export async function trainingReport(report: TrainingReport): Promise<string> {
  checkReport(report);
  const draw = await openCharts();
  const { title, description } = report;
  const sections = [
    resumptions(report),
    curves(draw, report),
    evaluations(draw, report),
    predictions(draw, report),
    values("Settings", report.settings),
    values("Environment", report.environment),
  ];
  return page(title, { header: markup`${paragraph(description)}${summary(report)}`, sections });
}

function paragraph(text: string | undefined): Markup | null {
  return text === undefined ? null : markup`<p>${text}</p>\n`;
}

/** What the evaluation found, beside the numbers of the log; null if there is nothing. */
function predictions(draw: DrawChart, { evaluation = {} }: TrainingReport): Markup | null {
  const parts = [
    paragraph(evaluation.description),
    classScores(evaluation),
    confusions(evaluation),
    calibrationDiagram(draw, evaluation),
    worstMistakes(evaluation),
  ];
  return parts.every((part) => part === null) ? null : section("Predictions", markup`${parts}`);
}

/** A table of values by name; null if there are none. */
function values(heading: string, given: Readonly<Record<string, unknown>> = {}): Markup | null {
  const rows = Object.entries(given).filter(([, value]) => value !== undefined).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
    return [markup`<code>${name}</code>`, text];
  });
  if (rows.length === 0) return null;
  return section(
    heading,
    markup`<div class="settings">${table({ name: heading, columns: ["name", "value"], rows })}</div>`,
  );
}
