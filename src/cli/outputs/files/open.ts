/** Opens the output that a command line asks for. */

import { entriesOf } from "../../../base/json.ts";
import { InputError } from "../../../base/errors.ts";
import { type InputItem, type Inputs, separatorOf } from "../../inputs/inputs.ts";
import { UsageError } from "../../options.ts";
import { type AnswerOutput, type Gather, gathered } from "../outcome.ts";
import { type Layout, openPrinting } from "../outputs.ts";
import type { Terminal } from "../terminal.ts";
import { Ahead } from "./rows/ahead.ts";
import { type Destination, freshDestination } from "./destination.ts";
import type { OutputValues } from "./format.ts";
import { listedTable, type Listing, type ListingChoice } from "./listed_table.ts";
import { lookAt } from "./place.ts";
import { originOf } from "./origin.ts";
import { notePathOf } from "./rows/resume_note.ts";
import { jsonFormats, tableFormats } from "./rows/row_formats.ts";
import { RowOutput } from "./rows/row_output.ts";
import { jsonFile, jsonLinesFile, openWholeOutput, type WholeFormat } from "./whole_output.ts";

/** What a command says of its output. */
export interface OutputLayout<Answer> extends Layout<Answer> {
  readonly name: string;
  /** Formats of files of its own, by the extension of their names. */
  readonly formats?: Readonly<Record<string, WholeFormat<Answer>>>;
  /** What an answer that is one for all texts lists. */
  readonly listed?: Listing<Answer>;
}

/** What is asked, of which texts. */
export interface OutputQuestions<Item extends InputItem, Answer> {
  readonly inputs: Inputs;
  readonly texts: readonly string[];
  readonly questions: AsyncIterable<Item>;
  readonly gather: Gather<Answer> | undefined;
  /** The options that change answers, by name. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Opens the output, or printing.
 *
 * @param format As `formatOfOutput` says.
 * @throws {UsageError} If the output cannot be, or cannot be gone on with.
 */
export async function openDestination<Item extends InputItem, Answer>(
  layout: OutputLayout<Answer>,
  values: OutputValues & { format: string | null },
  asked: OutputQuestions<Item, Answer>,
  terminal: Terminal,
): Promise<Destination<Item, Answer>> {
  const { format, output: path = "", resume, columns: chosen } = values;
  const { questions, gather, inputs } = asked;
  const all = <A>(output: AnswerOutput<Answer>) => gather === undefined ? output : gathered(output, gather);
  if (format === null) return freshDestination(questions, () => all(openPrinting(layout, values, terminal)));
  const separator = format === "tsv" ? "\t" : separatorOf(values) ?? ",";
  const whole = wholeFormat(layout, {
    ...{ format, separator, chosen, isGathered: gather !== undefined },
    holdsErrors: values["skip-bad"],
  });
  const place = await lookAt(path, { resume, sources: inputs.sources });
  if (whole !== null && resume) {
    throw new UsageError(`--resume is for csv, tsv and jsonl with a row a text: ${path} is written as a whole`);
  }
  if (place.size > 0 && !resume) throw await occupied(path, whole === null);
  if (whole !== null) {
    return await openWholeOutput(place, (file, model) => all(whole(file, model)), { questions, terminal });
  }
  const ahead = new Ahead(questions, terminal.signal);
  try {
    const skipsBad = values["skip-bad"];
    const formats = format === "jsonl" ? jsonFormats({ ...layout, chosen }) : tableFormats<Answer>(
      { ...await columnsGiven(ahead), separator, repeats: layout.repeats ?? [], chosen },
      skipsBad,
    );
    const origin = await originOf(layout.name, format, { ...asked, signal: terminal.signal });
    return await RowOutput.open({ place, formats, questions: ahead, origin, terminal });
  } catch (error) {
    await ahead.close().catch(() => {}); // the first error is reported
    throw error;
  }
}

/** Why an output cannot be begun where a file is. */
async function occupied(path: string, canResume: boolean): Promise<UsageError> {
  if (!canResume) return new UsageError(`--output ${path} is there already: choose another`);
  const isBegun = await Deno.stat(notePathOf(path)).then(() => true, () => false);
  const found = isBegun ? "is there, and not complete" : "is there already";
  return new UsageError(`--output ${path} ${found}: give --resume to go on with it, or choose another`);
}

/** The format of a file that is written as a whole; `null` if a format has a row for each question. */
function wholeFormat<Answer>(
  layout: OutputLayout<Answer>,
  { format, isGathered, ...choice }: ListingChoice & { format: string; isGathered: boolean },
): WholeFormat<Answer> | null {
  const { chosen } = choice;
  if (format === "json") return jsonFile({ ...layout, chosen });
  const own = layout.formats?.[format];
  if (own !== undefined) return own;
  if (!isGathered) return null;
  if (format === "jsonl") return jsonLinesFile({ ...layout, chosen });
  const listing = layout.listed ?? { columns: [], repeats: [], rows: (answer) => [layout.json(answer)] };
  return listedTable(listing, choice);
}

/** The columns of the input: those of its table, or the fields of the first question that can be read. */
async function columnsGiven(questions: Ahead<InputItem>): Promise<{ given: readonly string[]; isFixed: boolean }> {
  const found = await questions.find(({ columns, given }) => {
    if (columns !== null) return { given: columns, isFixed: true };
    return given instanceof InputError ? undefined : { given: entriesOf(given).map(([name]) => name), isFixed: false };
  });
  return found ?? { given: ["text"], isFixed: false };
}
