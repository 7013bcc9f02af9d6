/** The columns of answers in a table: their names, and the text of each cell. */

import { jsonText } from "../../base/json.ts";
import { freeName } from "../field_name.ts";

/** A column of the answers of a command. */
export interface Column<Answer> {
  readonly name: string;
  /** What the column holds of an answer; nothing if it is `undefined` or `null`. */
  value(answer: Answer): unknown;
}

/**
 * Columns of the best things of an answer: `label, score` of one, `label_1, score_1, label_2, …` of several.
 *
 * @param count How many there are at most.
 * @param columns The columns of one of them.
 * @param listOf The things that an answer has, best first.
 */
export function numbered<Answer, Found>(
  count: number,
  columns: readonly Column<Found>[],
  listOf: (answer: Answer) => readonly Found[],
): Column<Answer>[] {
  return Array.from({ length: count }, (_, i) =>
    columns.map(({ name, value }): Column<Answer> => ({
      name: count === 1 ? name : `${name}_${i + 1}`,
      value(answer) {
        const found = listOf(answer)[i];
        return found === undefined ? undefined : value(found);
      },
    }))).flat();
}

/** Columns of fields of what they describe, by name. */
export function fieldColumns<Name extends string>(
  ...names: readonly Name[]
): Column<{ readonly [N in Name]?: unknown }>[] {
  return names.map((name) => ({ name, value: (found) => found[name] }));
}

/** A value as the text of a cell: a text as far as UTF-8 without NUL holds it, nothing as nothing, lists and objects as JSON. */
export function cellText(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\ufffd");
  return value === undefined || value === null ? "" : jsonText(value);
}

/**
 * The names of a question's columns beside others: one whose name is taken becomes `input_<name>`, with one more `input_` if
 * that is taken too.
 */
export function freeNames(names: readonly string[], taken: readonly string[]): string[] {
  const all = new Set([...names, ...taken]);
  return names.map((name) => {
    const own = taken.includes(name) ? freeName(name, (other) => all.has(other)) : name;
    all.add(own);
    return own;
  });
}
