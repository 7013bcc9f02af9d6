/** Figures: a chart with its caption, its legend and the numbers behind it. */

import { type Markup, markup } from "../../base/report/markup.ts";
import { type Cell, numbersBehind } from "../../base/report/table.ts";
import { type Chart, classesOf, type DrawChart } from "./chart.ts";

/** A chart, and what is said about it. */
export interface Figure extends Chart {
  /** Columns and rows of the table that says the same, if they are not x and each series. */
  readonly numbers?: { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] };
}

/** A figure of the page. */
export function figure(draw: DrawChart, given: Figure): Markup {
  const { caption, series } = given;
  const { columns, rows } = given.numbers ?? numbersOf(given);
  return markup`<figure>
<figcaption>${caption}</figcaption>
${series.length > 1 ? legend(series.map(({ name }) => name)) : null}${draw(given)}
${numbersBehind({ name: caption, columns, rows })}
</figure>
`;
}

function legend(names: readonly string[]): Markup {
  const items = names.map((name, i) => markup`<li><span class="key ${classesOf(i)}"></span>${name}</li>`);
  return markup`<ul class="legend">${items}</ul>\n`;
}

/** A row for each x, a column for each series; empty if one has no point there. */
function numbersOf({ x, series }: Chart) {
  const at = series.map(({ points }) => new Map(points));
  const values = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  return {
    columns: [x, ...series.map(({ name }) => name)],
    rows: values.map((value) => [value, ...at.map((points) => points.get(value) ?? null)]),
  };
}
