/** Plain columns for reading; programs read `--json`. */

/** Rows as lines with aligned columns, two spaces between them; the last column is not filled up. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = cells.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
  return cells.map((row) => line(row) + "\n").join("");
}

/** A value as indented JSON, for programs and for reading. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** Text that cannot move the cursor: control characters as spaces. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}
