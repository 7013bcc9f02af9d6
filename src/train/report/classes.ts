/** The parts of a report that show which classes are found, and which are taken for which. */

import { type Markup, markup } from "../../base/report/markup.ts";
import { percentage, shownNumber } from "../../base/report/numbers.ts";
import { bar, part } from "../../base/report/section.ts";
import { scrolling, table } from "../../base/report/table.ts";
import type { EvaluationReport } from "./data.ts";

/** Most classes whose matrix is shown whole. */
const MOST_CLASSES = 24;
/** Most pairs of classes that stand for a larger matrix. */
const MOST_PAIRS = 30;

/** Precision, recall and F1 of each class; null without scores. */
export function classScores({ classes = [], scores = [] }: EvaluationReport): Markup | null {
  if (scores.length === 0) return null;
  const rows = scores.map(({ precision, recall, f1, support }, i) => [
    name(classes[i] as string),
    shareBar(precision),
    shareBar(recall),
    shareBar(f1),
    support,
  ]);
  const columns = ["class", "precision", "recall", "F1", "examples"];
  return part("Classes", table({ name: "Classes", columns, rows }));
}

/** The confusion matrix, or the pairs that are confused most if it is large; null without one. */
export function confusions({ classes = [], confusion = [] }: EvaluationReport): Markup | null {
  if (confusion.length === 0) return null;
  const content = confusion.length > MOST_CLASSES ? pairs(classes, confusion) : matrix(classes, confusion);
  return part("Confusion", content);
}

function matrix(classes: readonly string[], confusion: readonly (readonly number[])[]): Markup {
  const head = classes.map((text) => markup`<th scope="col"><span>${name(text)}</span></th>`);
  const body = confusion.map((row, gold) => {
    const total = sum(row);
    const cells = row.map((count, predicted) => {
      const kind = gold === predicted ? "right" : "wrong";
      const share = markup`style="--share: ${Math.round(100 * Math.sqrt(count / Math.max(1, total)))}%"`;
      return count === 0
        ? markup`<td class="${kind} none">0</td>`
        : markup`<td class="${kind}" ${share}>${shownNumber(count)}</td>`;
    });
    return markup`<tr><th scope="row">${name(classes[gold] as string)}</th>${cells}</tr>\n`;
  });
  const content = markup`<table class="matrix"><thead><tr><td></td>${head}</tr></thead><tbody>
${body}</tbody></table>`;
  return markup`<p>A row for each class, a column for what was predicted. The darker a cell, the larger its share of the
row.</p>
${scrolling("Confusion matrix", content)}`;
}

function pairs(classes: readonly string[], confusion: readonly (readonly number[])[]): Markup {
  const all = confusion.flatMap((row, gold) =>
    row.flatMap((count, predicted) => {
      return count === 0 || gold === predicted ? [] : [{ gold, predicted, count, share: count / sum(row) }];
    })
  );
  const most = all.toSorted((a, b) => b.count - a.count || b.share - a.share).slice(0, MOST_PAIRS);
  const rows = most.map(({ gold, predicted, count, share }) => [
    name(classes[gold] as string),
    name(classes[predicted] as string),
    count,
    percentage(share),
  ]);
  const shown = most.length < all.length
    ? `the ${MOST_PAIRS} most frequent of ${shownNumber(all.length)} pairs`
    : "all";
  return markup`<p>Of ${classes.length} classes, which are taken for which: ${shown}.</p>
${table({ name: "Confused classes", columns: ["class", "predicted as", "examples", "of the class"], rows })}`;
}

/** A share as a number over a bar. */
function shareBar(share: number): Markup {
  return bar(share, share.toFixed(3));
}

/** The name of a class, whatever its script. */
function name(text: string): Markup {
  return markup`<bdi>${text}</bdi>`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
