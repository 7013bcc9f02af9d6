/** Prints the answers of a command: as a table for reading, or as JSON for programs. */

import { entriesOf, jsonText, objectOf } from "../../base/json.ts";
import { flag, UsageError } from "../options.ts";
import { freeName } from "../field_name.ts";
import type { Fields } from "../../io/records/record.ts";
import { type Row, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Options of every command that prints answers. */
export const OUTPUT_OPTIONS = {
  json: flag("print one JSON array, once all is answered"),
  jsonl: flag("print a JSON object a line, as soon as it is answered"),
};

/** A question and the answer to it. */
export interface Answered<Answer> {
  /** The question's number among all that was given, from 0. */
  readonly index: number;
  readonly fields: Fields;
  readonly answer: Answer;
}

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

/** Prints answers as they come. */
export interface AnswerOutput<Answer> {
  put(answered: readonly Answered<Answer>[]): Promise<void>;
  /** Called when all is answered, or all that will be. */
  end(): Promise<void>;
}

/**
 * The output that the options ask for, or tables.
 *
 * @throws {UsageError} If they ask for both.
 */
export function openOutput<Answer>(
  layout: Layout<Answer>,
  asked: { json: boolean; jsonl: boolean },
  terminal: Terminal,
): AnswerOutput<Answer> {
  if (asked.json && asked.jsonl) throw new UsageError("answers are printed as --json or as --jsonl, got both");
  if (asked.json) return jsonArray(layout, terminal);
  return asked.jsonl ? jsonLines(layout, terminal) : tables(layout, terminal);
}

/** Makes one answer of all; its fields are those of the question that they answer together. */
export type Gather<Answer> = (answered: readonly Answered<Answer>[]) => Omit<Answered<Answer>, "index">;

/** An output to which all answers go as one. */
export function gathered<Answer>(output: AnswerOutput<Answer>, gather: Gather<Answer>): AnswerOutput<Answer> {
  const all: Answered<Answer>[] = [];
  return {
    put(answered) {
      all.push(...answered);
      return Promise.resolve();
    },
    async end() {
      await output.put([{ index: 0, ...gather(all) }]);
      await output.end();
    },
  };
}

/** Printed as a whole in the end, so that a run that fails prints no part of an array. */
function jsonArray<Answer>(layout: Layout<Answer>, terminal: Terminal): AnswerOutput<Answer> {
  const elements: string[] = [];
  return {
    put(answered) {
      for (const one of answered) elements.push(`  ${toJson(layout, one)}`);
      return Promise.resolve();
    },
    end: () => terminal.write(elements.length === 0 ? "[]\n" : `[\n${elements.join(",\n")}\n]\n`),
  };
}

function jsonLines<Answer>(layout: Layout<Answer>, terminal: Terminal): AnswerOutput<Answer> {
  return {
    put: (answered) => terminal.write(answered.map((one) => `${toJson(layout, one)}\n`).join("")),
    end: () => Promise.resolve(),
  };
}

function toJson<Answer>(layout: Layout<Answer>, { fields, answer }: Answered<Answer>): string {
  return jsonText(joined(fields, layout.json(answer), layout.repeats));
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
    async put(answered) {
      const found = answered.flatMap(({ answer, fields }) => layout.tables(answer, fields));
      if (found.length === 0) return;
      const text = layout.apart ? found.map(table).join("\n") : table(found.flat());
      await terminal.write(layout.apart && !first ? `\n${text}` : text);
      first = false;
    },
    end: () => Promise.resolve(),
  };
}
