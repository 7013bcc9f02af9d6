/** Rows of jsonl: what `--jsonl` prints, and `{ line, error }` in the place of what is left out. */

import { InputError } from "../../../../base/errors.ts";
import { entriesOf, jsonText, objectOf } from "../../../../base/json.ts";
import { openParser } from "../../../../io/records/formats.ts";
import type { Fields } from "../../../../io/records/record.ts";
import { isRefused, type Outcome } from "../../outcome.ts";
import { joined, jsonOf, type Layout } from "../../outputs.ts";
import { isErrorRow, type RowFormat } from "./row_format.ts";

/** What decides the fields of a row. */
export interface JsonChoice<Answer> extends Pick<Layout<Answer>, "json" | "repeats"> {
  /** The fields that the user has chosen; `undefined` for all. */
  readonly chosen: readonly string[] | undefined;
}

/** An outcome as an object. */
export function objectOfOutcome<Answer>(choice: JsonChoice<Answer>, outcome: Outcome<Answer>): Fields {
  if (isRefused(outcome)) return joined(outcome.given ?? {}, { line: outcome.line, error: outcome.problem });
  const all = jsonOf(choice, outcome);
  const { chosen } = choice;
  if (chosen === undefined) return all;
  return objectOf(chosen.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]));
}

/** The rows of jsonl. */
export function jsonRows<Answer>(choice: JsonChoice<Answer>): RowFormat<Answer> {
  const { chosen, repeats = [] } = choice;
  return {
    head: "",
    holdsErrors: true,
    misfit: () => null,
    row: (outcome) => `${jsonText(objectOfOutcome(choice, outcome))}\n`,
    parser: () => openParser("jsonl", { keepText: true }),
    match(found, { line, fields, given }) {
      if (found.line === line && isErrorRow(found, given)) return "refused";
      if (fields instanceof InputError) return null;
      const isSame = entriesOf(fields).every(([name, value]) =>
        repeats.includes(name) || (chosen !== undefined && !chosen.includes(name)) ||
        holds(found, name, jsonText(value))
      );
      return isSame ? "answered" : null;
    },
  };
}

/** Whether a row has the value of a field of the question, whose name may have given way to one of the answer. */
function holds(found: Fields, name: string, json: string): boolean {
  for (let own = name; Object.hasOwn(found, own); own = `input_${own}`) if (jsonText(found[own]) === json) return true;
  return false;
}
