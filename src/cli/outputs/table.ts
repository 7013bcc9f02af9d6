/** Plain columns for reading; programs read `--json`. */

/** A line of a table. */
export type Row = readonly string[];

/** Rows as lines with aligned columns, two spaces between them; the last column is not padded. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) row.forEach((cell, i) => widths[i] = Math.max(cell.length, widths[i] ?? 0));
  const line = (row: Row) => row.map((cell, i) => cell.padEnd(widths[i] as number)).join("  ").trimEnd();
  return cells.map((row) => line(row) + "\n").join("");
}

/** A value as indented JSON, for programs and for reading. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** A text that cannot move the cursor: control characters become spaces. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}

/** A text as tables show it: cut to 80 characters. */
export function shortened(text: string): string {
  const characters = [...text.slice(0, 200)];
  return characters.length <= 80 && text.length <= 200 ? text : `${characters.slice(0, 79).join("")}…`;
}
