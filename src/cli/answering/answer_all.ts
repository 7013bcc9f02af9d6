/** Runs a text command: from inputs by a model to outputs, with errors, progress and interrupts. */

import { InputError } from "../../base/errors.ts";
import { withAnswers } from "../../pipelines/engine/with_answers.ts";
import type { Fields } from "../../io/records/record.ts";
import { type AskedItem, questionsOf } from "../inputs/asked.ts";
import { type InputItem, openInputs } from "../inputs/inputs.ts";
import type { Options, Values } from "../options.ts";
import { bursts } from "../outputs/bursts.ts";
import type { OpenOutput } from "../outputs/files/destination.ts";
import { formatOfOutput } from "../outputs/files/format.ts";
import { openDestination } from "../outputs/files/open.ts";
import type { Outcome } from "../outputs/outcome.ts";
import { ProgressBar } from "../outputs/progress.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { Refusals } from "./refusals.ts";
import type { Loading, SHARED_OPTIONS, TextCommandDefinition } from "./definition.ts";
import { Timings } from "../timings.ts";

/** Most answers that are written at once. */
const BURST = 256;

/** Options that say where answers go and how the run is told of, not what they are. */
const NO_ANSWERS: readonly string[] = [
  ...["model", "revision", "local-files-only", "input", "output", "resume", "json", "jsonl", "skip-bad", "timings"],
  ...["trace", "debug", "help"],
];

/** A command line that is read. */
interface Given<O extends Options> {
  readonly values: Values<O & typeof SHARED_OPTIONS>;
  readonly positionals: readonly string[];
}

/** Runs a command. */
export async function answerAll<O extends Options, Question, Answer>(
  command: TextCommandDefinition<O, Question, Answer>,
  { values, positionals }: Given<O>,
  terminal: Terminal,
): Promise<void> {
  const shared: Values<typeof SHARED_OPTIONS> = values;
  const own = values as Values<O>;
  const timings = shared.timings ? new Timings() : null;
  timings?.lap("process", terminal.started);
  timings?.lap("import");
  command.check?.(own, positionals);
  const format = formatOfOutput(shared, Object.keys(command.formats ?? {}));
  const inputs = await openInputs(positionals, shared, terminal, format);
  const gather = command.gather?.(own);
  const options = Object.fromEntries(Object.entries(values).filter(([name]) => !NO_ANSWERS.includes(name)));
  const { textField } = command;
  const question = (fields: Parameters<typeof command.question>[0]) => command.question(fields, own);
  const questions = questionsOf(inputs.items, { question, textField, skipsEmpty: shared["skip-empty"] });
  const asked = { inputs, texts: positionals, questions, gather, options };
  await using destination = await openDestination(command, { ...shared, format }, asked, terminal);

  const refused = new Refusals(shared["skip-bad"], {
    terminal,
    output: shared.output,
    before: destination.done.refused,
  });
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
  if (destination.isComplete) {
    destination.check?.(model);
    await terminal.complain(`narrowbert: ${shared.output} has a row for each of the texts: there is nothing to do\n`);
    return refused.check();
  }
  const output = await destination.open(model);
  progress.begin();

  const { rows: before, end: begun } = destination.done;
  // The pipeline's messages number its questions, but not the texts of one question, and from 1 in a run that goes on.
  const isNumbered = gather === undefined && before === 0;
  const placeOf = ({ place, index }: InputItem) => place ?? (isNumbered ? null : `text ${index + 1}`);
  const read = { questions: 0, end: begun };
  const ask = (item: AskedItem<Question>) => {
    read.end = item.end;
    const asked = misfitting(item, output);
    if (asked instanceof InputError) refused.admit(placeOf(item), asked);
    else read.questions++;
    return asked;
  };
  const failed = new AbortController(); // aborted when an answer cannot be given or written
  const stop = terminal.signal;
  // What is computed is as far through the input as through the questions that were read of it.
  const progress_callback = ({ done }: { done: number }) =>
    progress.answered(done, begun + (read.end - begun) * done / read.questions);
  const calling = { signal: failed.signal, stop, errors: "yield" as const, progress_callback };
  const answers = withAnswers(destination.questions, { ask, by: (questions) => model.stream(questions, calling) });

  const hasPrefix = inputs.sources.length > 1;
  let left: { first: string; count: number } | null = null; // texts before others that are answered
  for await (const burst of bursts(answers, { most: BURST, stop: () => failed.abort() })) {
    let block: Outcome<Answer>[] = [];
    for (const { answer, ...item } of burst) {
      const { index, line } = item;
      const given = item.given instanceof InputError ? null : item.given;
      const fields = item.fields instanceof InputError ? null : item.fields;
      if (stop.aborted && answer === stop.reason) {
        left ??= { first: item.place ?? `text ${index + 1}`, count: 0 };
        left.count++;
      } else if (left !== null && destination.isUnbroken) continue;
      else if (!(answer instanceof Error)) {
        block.push({ index, line, fields: item.fields as Fields, given: item.given as Fields, answer });
      } else {
        await output.put(block);
        block = [];
        const problem = await refused.take(placeOf(item), answer);
        block.push({ index, line, given, fields, problem: hasPrefix ? `${item.place}: ${problem}` : problem });
      }
    }
    await output.put(block);
  }
  // A part of the texts has no common answer, and the rest of an output is asked later.
  if (stop.aborted && (gather !== undefined || destination.isUnbroken)) throw stop.reason;
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

/** The question of an item, or why it has none or no place in the output. */
function misfitting<Question>(
  { question, given }: AskedItem<Question>,
  output: OpenOutput<unknown>,
): Question | InputError {
  if (question instanceof InputError || given instanceof InputError) return question;
  const problem = output.misfit?.(given) ?? null;
  return problem === null ? question : new InputError(problem);
}
