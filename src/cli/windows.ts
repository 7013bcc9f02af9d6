/** Options of commands that take texts of any length. */

import { AGGREGATIONS, type WindowOptions } from "../pipelines/windows/options.ts";
import type { Column } from "./outputs/columns.ts";
import { choice, count, flag, UsageError, type Values } from "./options.ts";

/** The option of commands that answer tokens one by one. */
export const STRIDE_OPTION = {
  stride: count("take texts of any length, in windows that share that many tokens", { from: 0 }),
};

/** The options of commands that join the windows' answers to one. */
export const JOINING_OPTIONS = {
  ...STRIDE_OPTION,
  aggregation: choice(
    AGGREGATIONS,
    "with --stride, what of the windows' answers: their mean, the largest of each number, or that of the first window; by " +
      "default the mean, of a ranking the largest",
  ),
};

/** The options of commands that give one answer a text, and those of its windows if they are asked for. */
export const WINDOW_OPTIONS = {
  ...JOINING_OPTIONS,
  windows: flag("with --stride, give each window with its own answer too, in JSON"),
};

/**
 * The options of the pipeline.
 *
 * @throws {UsageError} If they need a stride, and there is none.
 */
export function windowOptions(
  { stride, aggregation, windows = false }: Values<typeof JOINING_OPTIONS> & { windows?: boolean },
): WindowOptions & { return_windows: boolean } {
  const needy = aggregation !== undefined ? "--aggregation" : windows ? "--windows" : null;
  if (stride === undefined && needy !== null) throw new UsageError(`${needy} needs --stride`);
  return { stride, aggregation, return_windows: windows };
}

/** The column of the windows in a table, if they are asked for. */
export function windowColumn(asked: boolean): Column<object>[] {
  return asked ? [{ name: "windows", value: (answer) => (answer as { windows?: unknown }).windows }] : [];
}
