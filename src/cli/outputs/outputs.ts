/** Prints the answers of a command: as a table for reading, or as JSON for programs. */

import { entriesOf, jsonText, objectOf } from "../../base/json.ts";
import { flag, list, UsageError, value } from "../options.ts";
import { freeName } from "../field_name.ts";
import type { Fields } from "../../io/records/record.ts";
import { type Answered, type AnswerOutput, answersIn } from "./outcome.ts";
import { type Row, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Options of every command that prints answers. */
export const PRINTING_OPTIONS = {
  json: flag("print one JSON array, once all is answered"),
  jsonl: flag("print a JSON object a line, as soon as it is answered"),
};

/** @throws {UsageError} If answers are to be printed in two ways. */
export function checkPrinting({ json, jsonl }: { json: boolean; jsonl: boolean }): void {
  if (json && jsonl) throw new UsageError("answers are printed as --json or as --jsonl, got both");
}

/** Options of every command that gives answers. */
export const OUTPUT_OPTIONS = {
  ...PRINTING_OPTIONS,
  output: value(
    "FILE",
    "write the answers to a new file; its name says what it holds: .csv, .tsv, .jsonl or .json",
    { short: "o" },
  ),
  resume: flag("go on with an output that is not complete; what is in it is not done again"),
  columns: list("NAME,...", "of --output: these columns or fields alone, in this order"),
};

/** The layout of the answers of a command. */
export interface Layout<Answer> {
  /** An answer as JSON; it is printed together with the fields of the question. */
  json(answer: Answer): Fields;
  /** Fields of the question that the answer repeats. */
  readonly repeats?: readonly string[];
  /** An answer as tables. */
  tables(answer: Answer, fields: Fields): readonly (readonly Row[])[];
  /** Whether tables are separated by a blank line; otherwise those that come together share their columns. */
  readonly apart?: boolean;
}

/** The printing that the options ask for, or tables. */
export function openPrinting<Answer>(
  layout: Layout<Answer>,
  asked: { json: boolean; jsonl: boolean },
  terminal: Terminal,
): AnswerOutput<Answer> {
  if (asked.json) return jsonArray(layout, terminal);
  return asked.jsonl ? jsonLines(layout, terminal) : tables(layout, terminal);
}

/** Printed as a whole in the end, so that a run that fails prints no part of an array. */
function jsonArray<Answer>(layout: Layout<Answer>, terminal: Terminal): AnswerOutput<Answer> {
  const elements: string[] = [];
  return {
    put(outcomes) {
      for (const one of answersIn(outcomes)) elements.push(jsonText(jsonOf(layout, one)));
      return Promise.resolve();
    },
    end: () => terminal.write(arrayText(elements)),
  };
}

/** A JSON array of elements that are JSON, a line each. */
export function arrayText(elements: readonly string[]): string {
  return elements.length === 0 ? "[]\n" : `[\n${elements.map((element) => `  ${element}`).join(",\n")}\n]\n`;
}

function jsonLines<Answer>(layout: Layout<Answer>, terminal: Terminal): AnswerOutput<Answer> {
  return {
    put: (outcomes) => terminal.write(answersIn(outcomes).map((one) => `${jsonText(jsonOf(layout, one))}\n`).join("")),
    end: () => Promise.resolve(),
  };
}

/** An answer, with the fields of its question, as JSON. */
export function jsonOf<Answer>(
  layout: Pick<Layout<Answer>, "json" | "repeats">,
  { fields, answer }: Pick<Answered<Answer>, "fields" | "answer">,
): Fields {
  return joined(fields, layout.json(answer), layout.repeats);
}

/**
 * The question's fields and the answer's. If both have a field of one name, the question's becomes `input_<name>`, with
 * one more `input_` if that is taken too.
 *
 * @param repeats Fields of the question that the answer repeats.
 */
export function joined<Found extends Fields>(
  fields: Fields,
  found: Found,
  repeats: readonly string[] = [],
): Fields & Found {
  const isTaken = (name: string, value: unknown) =>
    Object.hasOwn(found, name) && !repeats.includes(name) && jsonText(found[name]) !== jsonText(value);
  const names = new Set([...Object.keys(fields), ...Object.keys(found)]);
  const kept = entriesOf(fields).map(([name, value]): [string, unknown] => {
    const own = isTaken(name, value) ? freeName(name, (other) => names.has(other)) : name;
    names.add(own);
    return [own, value];
  });
  return objectOf([...kept, ...entriesOf(found)]) as Fields & Found;
}

function tables<Answer>(layout: Layout<Answer>, terminal: Terminal): AnswerOutput<Answer> {
  let first = true;
  return {
    async put(outcomes) {
      const found = answersIn(outcomes).flatMap(({ answer, fields }) => layout.tables(answer, fields));
      if (found.length === 0) return;
      const text = layout.apart ? found.map(table).join("\n") : table(found.flat());
      await terminal.write(layout.apart && !first ? `\n${text}` : text);
      first = false;
    },
    end: () => Promise.resolve(),
  };
}
