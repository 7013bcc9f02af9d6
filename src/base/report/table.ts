/** Tables of a report. */

import { type Content, type Markup, markup } from "./markup.ts";
import { shownNumber } from "./numbers.ts";

/** A cell of a table: a number is set to the right, in about four digits. */
export type Cell = Exclude<Content, readonly Content[]>;

/** A table. */
export interface Table {
  /** What it is, for those who do not see what is around it. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Rows of as many cells; the first cell names the row. */
  readonly rows: readonly (readonly Cell[])[];
}

/** Most rows that stand for a curve. */
const MOST_ROWS = 200;

/** A table, which scrolls by itself if it is too wide for the page. */
export function table({ name, columns, rows }: Table): Markup {
  const isNumber = (i: number) => i > 0 && rows.some((row) => typeof row[i] === "number");
  const head = columns.map((column, i) => markup`<th scope="col"${numberClass(isNumber(i))}>${column}</th>`);
  const body = rows.map(([first = null, ...cells]) =>
    markup`<tr><th scope="row">${shownCell(first)}</th>${cells.map(cell)}</tr>\n`
  );
  return scrolling(name, markup`<table><thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table>`);
}

/** Something wide, in a box of its own that scrolls, by keys too. */
export function scrolling(name: string, content: Markup): Markup {
  return markup`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${content}</div>`;
}

/** The numbers behind a drawing, closed until someone asks; of many rows some, evenly, and the last. */
export function numbersBehind(given: Table): Markup {
  const { rows } = given;
  const every = Math.ceil(rows.length / MOST_ROWS);
  const some = rows.filter((_, i) => i % every === 0 || i === rows.length - 1);
  const note = every <= 1 ? "" : `, one row in ${every} of ${shownNumber(rows.length)}`;
  return markup`<details><summary>Numbers${note}</summary>${table({ ...given, rows: some })}</details>`;
}

function cell(content: Cell): Markup {
  return markup`<td${numberClass(typeof content === "number")}>${shownCell(content)}</td>`;
}

function numberClass(isNumber: boolean): Markup | null {
  return isNumber ? markup` class="number"` : null;
}

function shownCell(content: Cell): Cell {
  return typeof content === "number" ? shownNumber(content) : content;
}
