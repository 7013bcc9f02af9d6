/** The parts of a report that show whether answers can be trusted, and the worst of them. */

import { type Markup, markup } from "../../base/report/markup.ts";
import { percentage, shownNumber } from "../../base/report/numbers.ts";
import { part } from "../../base/report/section.ts";
import type { DrawChart } from "./chart.ts";
import type { EvaluationReport } from "./data.ts";
import { figure } from "./figure.ts";

/** Most characters of a text that are shown. */
const MOST_CHARACTERS = 600;

/** The calibration diagram; null without bins, or if they are empty. */
export function calibrationDiagram(draw: DrawChart, { calibration = [] }: EvaluationReport): Markup | null {
  const bins = calibration.filter(({ count }) => count > 0);
  if (bins.length === 0) return null;
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const diagram = figure(draw, {
    caption: "Share of answers that are right, by the probability that the model gave them",
    x: "probability",
    range: [0, 1],
    diagonal: true,
    series: [{
      name: "right",
      points: bins.map(({ confidence, accuracy }) => [confidence, accuracy]),
      radii: bins.map(({ count }) => 3 + 9 * Math.sqrt(count / total)),
    }],
    numbers: {
      columns: ["probability", "answers", "mean probability", "share right"],
      rows: bins.map(({ above, upTo, count, confidence, accuracy }) => [
        `${percentage(above)} to ${percentage(upTo)}`,
        count,
        percentage(confidence),
        percentage(accuracy),
      ]),
    },
  });
  return part(
    "Calibration",
    markup`<p>On the dashed line a model is right as often as it says; below, it is too sure. The larger a point, the more
answers.</p>
<div class="figures">${diagram}</div>`,
  );
}

/** The worst mistakes; null if there are none. */
export function worstMistakes({ mistakes = [] }: EvaluationReport): Markup | null {
  if (mistakes.length === 0) return null;
  const items = mistakes.map(({ text, gold, predicted, score }) =>
    markup`<li><p class="text" dir="auto">${cut(text)}</p>
<p>is <strong><bdi>${cut(gold)}</bdi></strong>, was predicted as <strong><bdi>${cut(predicted)}</bdi></strong>
<span class="score">score ${shownNumber(score)}</span></p></li>
`
  );
  return part("Worst mistakes", markup`<ol class="mistakes">${items}</ol>`);
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS).trimEnd()} …`;
}
