/** What all commands share that ask a model about texts: where texts come from, how answers go out, what may go wrong. */

import { InputError } from "../base/errors.ts";
import type { ProgressCallback } from "../io/folder/folder.ts";
import { bursts } from "./outputs/bursts.ts";
import { type Command, defineCommand } from "./command.ts";
import { INPUT_OPTIONS, type InputItem, openInputs } from "./inputs/inputs.ts";
import { flag, type Options, type Values } from "./options.ts";
import { type Answered, type Gather, gathered, type Layout, openOutput, OUTPUT_OPTIONS } from "./outputs/outputs.ts";
import { ProgressBar } from "./outputs/progress.ts";
import type { Fields } from "./inputs/records.ts";
import type { Terminal } from "./outputs/terminal.ts";
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
  /** Answers in the order of the questions; an error in the place of an answer that there is not. */
  stream(
    questions: AsyncIterable<Question>,
    options: { signal: AbortSignal; errors: "yield" },
  ): AsyncIterable<Answer | Error>;
}

/** What a text command is made of. */
export interface TextCommandDefinition<O extends Options, Question, Answer> extends Layout<Answer> {
  readonly name: string;
  /** What its positional arguments are called. Default: `[text ...]`. */
  readonly positionals?: string;
  /** What it does and what it prints. */
  readonly about: string;
  /** Its own options. */
  readonly options: O;
  readonly examples: readonly string[];
  /** Checks what is given together, before anything is loaded. @throws {UsageError} Where it does not fit. */
  check?(values: Values<O>, texts: readonly string[]): void;
  /** The question that fields hold. @throws {InputError} Where they hold none. */
  question(fields: Fields, values: Values<O>): Question;
  /** Loads what answers. */
  open(values: Values<O>, loading: Loading): Promise<StreamingModel<Question, Answer>>;
  /** Makes the questions of what the user gave. Default: a question for each text. */
  prepare?(items: AsyncIterable<InputItem>, values: Values<O>): AsyncIterable<InputItem>;
  /** What makes one answer of all, where the values ask for that. Default: each answer is printed by itself. */
  gather?(values: Values<O>): Gather<Answer> | undefined;
}

const SHARED_OPTIONS = {
  ...INPUT_OPTIONS,
  ...OUTPUT_OPTIONS,
  "skip-bad": flag("name what cannot be read or answered on standard error, answer the rest, and exit with 1"),
  timings: flag("print on standard error where the time went"),
};

const ABOUT_INPUT = `\
Texts are arguments, or come from files (--input), or from standard input. A .txt file holds a text
a line; a .jsonl file a JSON string a line, or an object with "text"; a .csv file a header with a
column "text". Further fields of objects and columns are printed with the answers as JSON, and
called input_NAME where the answer has a NAME of its own.`;

/** Makes a command of its definition. */
export function textCommand<O extends Options, Question, Answer>(
  definition: TextCommandDefinition<O, Question, Answer>,
): Command {
  const { name, positionals = "[text ...]", about, options, examples } = definition;
  return defineCommand({
    name,
    positionals,
    about: `${about}\n\n${ABOUT_INPUT}`,
    options: { ...options, ...SHARED_OPTIONS } as O & typeof SHARED_OPTIONS,
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
  const output = gathered(openOutput(command, shared, terminal), command.gather?.(own));
  const progress = new ProgressBar(terminal, inputs.bytes);
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

  const asked: InputItem[] = []; // what the model has, in order
  const items = command.prepare?.(inputs.items, own) ?? inputs.items;
  const refused = new Refusals(shared["skip-bad"], terminal);
  let answered = 0;

  async function* questions() {
    for await (const item of items) {
      const { fields } = item;
      const question = fields instanceof InputError ? fields : attempt(() => command.question(fields, own));
      if (question instanceof InputError) await refused.take(item, question);
      else {
        asked.push(item);
        yield question;
      }
    }
  }

  const failed = new AbortController(); // aborted where an answer cannot be given or printed
  const signal = AbortSignal.any([terminal.signal, failed.signal]);
  const answers = model.stream(questions(), { signal, errors: "yield" });
  for await (const burst of bursts(answers, { most: BURST, stop: () => failed.abort() })) {
    let end = 0;
    let block: Answered<Answer>[] = [];
    for (const answer of burst) {
      const item = asked.shift()!;
      end = item.end;
      answered++;
      if (!(answer instanceof Error)) block.push({ fields: item.fields as Fields, answer });
      else {
        await output.put(block);
        block = [];
        await refused.take(item, answer);
      }
    }
    await output.put(block);
    await progress.answered(answered, end);
  }
  await output.end();
  timings?.lap("run");
  if (timings !== null) await terminal.complain(timings.report());
  refused.check();
}

/** What cannot be answered: the first ends the command, or all are named and left out. */
class Refusals {
  readonly #skip: boolean;
  readonly #terminal: Terminal;
  #count = 0;

  constructor(skip: boolean, terminal: Terminal) {
    this.#skip = skip;
    this.#terminal = terminal;
  }

  async take({ place }: InputItem, cause: Error): Promise<void> {
    const problem = place === null ? cause.message : `${place}: ${unnumbered(cause.message)}`;
    if (!this.#skip) throw new InputError(problem, { cause });
    this.#count++;
    await this.#terminal.complain(`narrowbert: ${problem}\n`);
  }

  /** @throws {InputError} Where anything was left out. */
  check(): void {
    if (this.#count > 0) throw new InputError(`left out ${this.#count} of the inputs, which are named above`);
  }
}

function attempt<T>(make: () => T): T | InputError {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** A pipeline's message, which begins with `Cannot classify text 2:`, without the number: a place says more. */
function unnumbered(message: string): string {
  return message.replace(/^(Cannot [^:]*?)(\w+) \d+:/, "$1the $2:");
}

/** The text of a question. @throws {InputError} Where there is none. */
export function textOf(fields: Fields): string {
  return stringOf(fields, "text");
}

/** The text of a question, or its two texts. @throws {InputError} Where one of them is no text. */
export function textsOf(fields: Fields): { text: string; text_pair?: string } {
  const text = textOf(fields);
  return fields.text_pair === undefined ? { text } : { text, text_pair: stringOf(fields, "text_pair") };
}

function stringOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw new InputError(`must have a string "${name}", got ${JSON.stringify(value)?.slice(0, 40)}`);
}
