/** The common part of all commands that ask a model about texts: inputs, outputs, errors, progress. */

import { InputError } from "../base/errors.ts";
import { entriesOf, objectOf, without } from "../base/json.ts";
import type { ProgressCallback } from "../io/folder/folder.ts";
import { bursts } from "./outputs/bursts.ts";
import { type Command, defineCommand } from "./command.ts";
import { INPUT_OPTIONS, type InputItem, openInputs } from "./inputs/inputs.ts";
import { flag, type Options, type Values } from "./options.ts";
import { type Answered, type Gather, gathered, type Layout, openOutput, OUTPUT_OPTIONS } from "./outputs/outputs.ts";
import { ProgressBar } from "./outputs/progress.ts";
import type { Fields } from "../io/records/record.ts";
import type { Terminal } from "./outputs/terminal.ts";
import { Refusals } from "./refusals.ts";
import { Timings } from "./timings.ts";

/** Most answers that are written at once. */
const BURST = 256;

/** How a model is loaded for a command. */
export interface Loading {
  readonly signal: AbortSignal;
  readonly progress_callback: ProgressCallback;
  /** With `--timings`. */
  readonly timings: Timings | null;
}

/** A loaded model that answers questions. */
export interface StreamingModel<Question, Answer> extends Disposable {
  /**
   * Yields one answer a question, in order; a question that fails yields its error. Once it is to stop, what is answered
   * by then comes, with the reason for what is not, and the stream ends.
   */
  stream(
    questions: AsyncIterable<Question>,
    options: {
      signal: AbortSignal;
      stop: AbortSignal;
      errors: "yield";
      /** Called with the number of questions that are computed. */
      progress_callback: (progress: { done: number }) => void;
    },
  ): AsyncIterable<Answer | Error>;
}

/** What {@linkcode textCommand} takes. */
export interface TextCommandDefinition<O extends Options, Question, Answer> extends Layout<Answer> {
  readonly name: string;
  /** Name of its positional arguments. Default: `[text ...]`. */
  readonly positionals?: string;
  /** What it does and what it prints. */
  readonly about: string;
  /** Its own options. */
  readonly options: O;
  /** Whether it computes by a model. Default: it does. */
  readonly computes?: boolean;
  readonly examples: readonly string[];
  /** Checks options and texts together, before anything is loaded. @throws {UsageError} If they do not fit. */
  check?(values: Values<O>, texts: readonly string[]): void;
  /** Makes a question of fields. @throws {InputError} If they hold none. */
  question(fields: Fields, values: Values<O>): Question;
  /** Loads the model. */
  open(values: Values<O>, loading: Loading): Promise<StreamingModel<Question, Answer>>;
  /** The field that holds a bare text: an argument, a line, a column `text`. Default: `text`. */
  readonly textField?: string;
  /** What makes one answer of all, if the values say that all texts are one question. */
  gather?(values: Values<O>): Gather<Answer> | undefined;
}

const SHARED_OPTIONS = {
  ...INPUT_OPTIONS,
  ...OUTPUT_OPTIONS,
  "skip-empty": flag("leave out texts without a word"),
  "skip-bad": flag("name what cannot be read or answered on standard error, answer the rest, and exit with 1"),
  timings: flag("print on standard error where the time went"),
};

const ABOUT_INPUT = `\
Texts are arguments, or come from files (--input), or from standard input. A .txt file holds a text
a line; a .jsonl file a JSON string a line, or an object with "text"; a .csv file a header with a
column "text". Further fields of objects and columns are printed with the answers as JSON, and
called input_NAME if the answer has a NAME of its own. An empty line is an empty text.`;

/** Whether the text of a question has nothing but spaces. */
function isBlank({ text }: Fields): boolean {
  return typeof text === "string" && text.trim() === "";
}

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

async function answerAll<O extends Options, Question, Answer>(
  command: TextCommandDefinition<O, Question, Answer>,
  { values, positionals }: { values: Values<O & typeof SHARED_OPTIONS>; positionals: readonly string[] },
  terminal: Terminal,
): Promise<void> {
  const shared: Values<typeof SHARED_OPTIONS> = values;
  const own = values as Values<O>;
  const timings = shared.timings ? new Timings() : null;
  timings?.lap("process", terminal.started);
  timings?.lap("import");
  command.check?.(own, positionals);
  const inputs = await openInputs(positionals, shared, terminal);
  const gather = command.gather?.(own);
  const printed = openOutput(command, shared, terminal);
  const output = gather === undefined ? printed : gathered(printed, gather);
  const progress = new ProgressBar(terminal, inputs.length);
  const loading: Loading = {
    signal: terminal.signal,
    timings,
    progress_callback(info) {
      timings?.loading(info);
      progress.loading(info);
    },
  };
  using model = await command.open(own, loading);
  timings?.lap("upload");
  progress.begin();

  const asked: InputItem[] = []; // what the model has not answered yet, in order
  const refused = new Refusals(shared["skip-bad"], terminal);
  // The pipeline's messages number its questions, but not the texts of one question.
  const placeOf = ({ place, index }: InputItem) => place ?? (gather === undefined ? null : `text ${index + 1}`);
  const read = { questions: 0, end: 0 };
  let left: { first: string; count: number } | null = null; // texts before others that are answered

  async function* questions() {
    for await (const item of inputs.items) {
      read.end = item.end;
      const fields = item.fields instanceof InputError ? item.fields : renamed(item.fields, command.textField);
      if (shared["skip-empty"] && !(fields instanceof InputError) && isBlank(fields)) continue;
      const question = fields instanceof InputError ? fields : attempt(() => command.question(fields, own));
      if (question instanceof InputError) await refused.take(placeOf(item), question);
      else {
        asked.push({ ...item, fields });
        read.questions++;
        yield question;
      }
    }
  }

  const failed = new AbortController(); // aborted when an answer cannot be given or printed
  const stop = terminal.signal;
  // What is computed is as far through the input as through the questions that were read of it.
  const progress_callback = ({ done }: { done: number }) => progress.answered(done, read.end * done / read.questions);
  const options = { signal: failed.signal, stop, errors: "yield" as const, progress_callback };
  const answers = model.stream(questions(), options);
  for await (const burst of bursts(answers, { most: BURST, stop: () => failed.abort() })) {
    let block: Answered<Answer>[] = [];
    for (const answer of burst) {
      const item = asked.shift()!;
      if (stop.aborted && answer === stop.reason) {
        left ??= { first: placeOf(item) ?? `text ${item.index + 1}`, count: 0 };
        left.count++;
      } else if (!(answer instanceof Error)) block.push({ index: item.index, fields: item.fields as Fields, answer });
      else {
        await output.put(block);
        block = [];
        await refused.take(placeOf(item), answer);
      }
    }
    await output.put(block);
  }
  if (stop.aborted && gather !== undefined) throw stop.reason; // a part of the texts has no common answer
  await output.end();
  if (left !== null) {
    const what = left.count === 1 ? "1 text is" : `${left.count} texts are`;
    await terminal.complain(`narrowbert: ${what} not answered before others that are, the first ${left.first}\n`);
  }
  stop.throwIfAborted();
  timings?.lap("run");
  if (timings !== null) await terminal.complain(timings.report());
  refused.check();
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
