/** Makes the commands that ask a model about texts. */

import { answerAll } from "./answering/answer_all.ts";
import { SHARED_OPTIONS, type TextCommandDefinition } from "./answering/definition.ts";
import { type Command, defineCommand } from "./command.ts";
import type { Options } from "./options.ts";

const ABOUT_INPUT = `\
Texts are arguments, or come from files (--input), or from standard input. A .txt file holds a text
a line; a .jsonl file a JSON string a line, or an object with "text"; a .csv file a header with a
column "text". Further fields of objects and columns are printed with the answers as JSON, and
called input_NAME if the answer has a NAME of its own. An empty line is an empty text.

Answers are printed, or written to a file (--output): a row for each text, with the columns of the
input before those of the answer. What --skip-bad leaves out has its line and its error there. A
run that was ended, however that was, goes on with --resume.`;

/** Makes a command of its definition. */
export function textCommand<O extends Options, Question, Answer>(
  definition: TextCommandDefinition<O, Question, Answer>,
): Command {
  const { name, positionals = "[text ...]", about, options, computes = true, examples } = definition;
  return defineCommand({
    name,
    positionals,
    about: `${about}\n\n${ABOUT_INPUT}`,
    options: { ...options, ...SHARED_OPTIONS } as O & typeof SHARED_OPTIONS,
    computes,
    examples,
    run: ({ values, positionals }, terminal) => answerAll(definition, { values, positionals }, terminal),
  });
}
