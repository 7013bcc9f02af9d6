/** The readers of all tasks. */

import { InputError } from "../../../base/errors.ts";
import { shown } from "../../../base/messages.ts";
import { IGNORE } from "../../../heads/labels.ts";
import type { DataTask, Examples } from "../examples.ts";
import { type FileColumns, findText, findTexts } from "./columns.ts";
import type { DataColumns } from "./columns.ts";
import { labelOf, listField, numberOf, textField, textsField, wrong } from "./fields.ts";
import type { TaskReader } from "./task.ts";

const LABEL = ["label", "labels", "class", "category", "score"];
const ANSWER = ["label", "answer"];
const TOKENS = ["tokens", "words"];
const TAGS = ["tags", "ner_tags", "pos_tags", "chunk_tags", "labels"];
const CHOICES = ["choices", "endings"];
/** Columns of one choice each. */
const CHOICE = /^(choice|ending)_?\d+$/;

/** The readers of all tasks. */
export const READERS: { readonly [T in DataTask]: TaskReader<Examples[T]> } = {
  mlm: {
    columns: ["text"],
    open(columns, given) {
      const text = findText(columns, given);
      return (fields) => ({ text: textField(fields, text) });
    },
  },

  classify: {
    columns: ["text", "text_pair", "label"],
    open(columns, given) {
      const { text, text_pair } = findTexts(columns, given);
      const label = columns.find("label", given.label, LABEL);
      return (fields) => {
        if (text_pair === undefined && fields.text_pair !== undefined && !columns.has("text_pair")) {
          throw new InputError('must have no "text_pair", as the first record has none');
        }
        const value = fields[label];
        return {
          text: textField(fields, text),
          ...(text_pair !== undefined && { text_pair: textField(fields, text_pair) }),
          label: Array.isArray(value) ? value.map((each, i) => labelOf(each, `${label}[${i}]`)) : labelOf(value, label),
        };
      };
    },
    countLabels: ({ label }, counter) => counter.add(label),
  },

  tag: {
    columns: ["tokens", "tags"],
    open(columns, given) {
      const tokens = columns.find("tokens", nameOf(given.tokens), TOKENS);
      const tags = columns.find("tags", nameOf(given.tags), TAGS);
      return (fields) => {
        const words = textsField(fields, tokens, 1);
        const labels = listField(fields, tags).map((tag, i) => {
          return tag === null || tag === IGNORE ? null : labelOf(tag, `${tags}[${i}]`);
        });
        if (words.length === labels.length) return { tokens: words, tags: labels };
        throw new InputError(`must have a tag for each of its ${words.length} tokens, got ${labels.length}`);
      };
    },
    countLabels: ({ tags }, counter) => tags.forEach((tag) => tag !== null && counter.count(tag)),
  },

  choose: {
    columns: ["text", "choices", "label"],
    open(columns, given) {
      const text = findText(columns, given);
      const choices = findChoices(columns, given);
      const label = columns.find("label", given.label, ANSWER);
      return (fields) => {
        const texts = typeof choices === "string"
          ? textsField(fields, choices, 2)
          : choices.map((name) => textField(fields, name));
        const right = numberOf(labelOf(fields[label], label));
        if (Number.isInteger(right) && right >= 0 && right < texts.length) {
          return { text: textField(fields, text), choices: texts, label: right };
        }
        throw wrong(label, `the number of a choice from 0 to ${texts.length - 1}`, fields[label]);
      };
    },
  },
};

/** The column of the list of choices, or the columns of each. */
function findChoices(columns: FileColumns, { choices }: DataColumns): string | readonly string[] {
  if (choices === undefined && CHOICES.every((name) => !columns.has(name))) {
    const each = columns.matching(CHOICE).sort((a, b) => Number(a.match(/\d+/)) - Number(b.match(/\d+/)));
    if (each.length >= 2) return each;
  }
  if (choices === undefined || typeof choices === "string") return columns.find("choices", choices, CHOICES);
  const absent = choices.find((name) => !columns.has(name));
  if (absent === undefined && choices.length >= 2) return choices;
  throw absent === undefined
    ? new InputError(`must have two columns of choices at least, got ${shown(choices)}`)
    : columns.lacks("choices", [absent]);
}

/** The name of a field. @throws {TypeError} If it is a number: only the columns of CoNLL files have these. */
function nameOf(column: string | number | undefined): string | undefined {
  if (typeof column !== "number") return column;
  throw new TypeError(`Cannot open data: only columns of CoNLL files have numbers, got ${column}`);
}
