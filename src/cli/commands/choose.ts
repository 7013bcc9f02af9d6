/** `narrowbert choose`: which of several continuations fits a text. */

import { InputError } from "../../base/errors.ts";
import type { Question, ScoredChoice } from "../../pipelines/tasks/multiple_choice.ts";
import { UsageError, values } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import type { Column } from "../outputs/columns.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";

const COLUMNS: readonly Column<readonly ScoredChoice[]>[] = [
  { name: "index", value: ([best]) => best?.index },
  { name: "choice", value: ([best]) => best?.choice },
  { name: "score", value: ([best]) => best?.score },
  { name: "scores", value: (choices) => choices.toSorted((a, b) => a.index - b.index).map(({ score }) => score) },
];

/** The command. */
export const choose = textCommand({
  name: "choose",
  positionals: "[prompt ...]",
  about: `\
Says which of several choices fits a prompt best. Each prompt has the choices of --choice, or is an
object of a .jsonl file with a "prompt" and its "choices". Prints score and choice, best first.
As JSON: { prompt, choices: [{ index, choice, score }] }. In a table index, choice and score of the
best one, and scores, a JSON list of those of all choices as they were given.`,
  options: {
    ...PIPELINE_OPTIONS,
    choice: values("TEXT", "a choice; to be given for each"),
  },
  examples: [
    'narrowbert choose --choice "a vessel that travels on water" --choice "a feeling of great joy" steamship',
    "narrowbert choose --model models/swag --input questions.jsonl --jsonl",
  ],
  check({ choice }, prompts) {
    if (choice.length === 0 && prompts.length > 0) {
      throw new UsageError('no choices: give --choice, or objects with "prompt" and "choices" from a .jsonl file');
    }
  },
  textField: "prompt",
  question({ prompt, choices }, { choice }) {
    const given = choice.length > 0 ? choice : choices;
    if (typeof prompt === "string" && Array.isArray(given)) return { prompt, choices: given };
    throw new InputError('must have a "prompt" and a list of "choices", as --choice is not given');
  },
  async open({ truncate: truncation, ...values }, loading) {
    const choose = await loadPipeline("multiple-choice", values, loading);
    return answerBy(
      choose,
      (questions: AsyncIterable<Question>, options) => choose.stream(questions, { ...options, truncation }),
      COLUMNS,
    );
  },
  json: (choices) => ({ choices }),
  tables: (choices) => [choices.map(({ choice, score }) => [score.toFixed(4), shortened(choice)])],
  apart: true,
});
