/** Makes the questions of a command out of what is read. */

import { InputError } from "../../base/errors.ts";
import { entriesOf, objectOf, without } from "../../base/json.ts";
import type { Fields } from "../../io/records/record.ts";
import type { InputItem } from "./inputs.ts";

/** What is read, with the question to the model. */
export interface AskedItem<Question> extends InputItem {
  /** The question, or why there is none. */
  readonly question: Question | InputError;
}

/** How questions are made. */
export interface QuestionMaking<Question> {
  /** Makes a question of fields. @throws {InputError} If they hold none. */
  question(fields: Fields): Question;
  /** The field that holds a bare text. Default: `text`. */
  readonly textField: string | undefined;
  /** Whether texts without a word are left out. */
  readonly skipsEmpty: boolean;
}

/** The questions of what is read, in its order. */
export async function* questionsOf<Question>(
  items: AsyncIterable<InputItem>,
  { question, textField, skipsEmpty }: QuestionMaking<Question>,
): AsyncGenerator<AskedItem<Question>> {
  for await (const item of items) {
    const fields = item.fields instanceof InputError ? item.fields : renamed(item.fields, textField);
    if (fields instanceof InputError) yield { ...item, question: fields };
    else if (!skipsEmpty || !isBlank(fields)) yield { ...item, fields, question: attempt(() => question(fields)) };
  }
}

/** Whether the text of a question has nothing but spaces. */
function isBlank({ text }: Fields): boolean {
  return typeof text === "string" && text.trim() === "";
}

function attempt<T>(make: () => T): T | InputError {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** Fields whose bare text is called by another name, unless that one is taken. */
function renamed(fields: Fields, textField = "text"): Fields {
  if (fields.text === undefined || fields[textField] !== undefined) return fields;
  return objectOf([[textField, fields.text], ...entriesOf(without(fields, "text"))]);
}
