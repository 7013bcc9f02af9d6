/** Reads a command's questions from arguments, files or standard input. */

import { InputError } from "../../base/errors.ts";
import { entriesOf, objectOf } from "../../base/json.ts";
import { isSeparator } from "../../io/records/csv.ts";
import { openParser } from "../../io/records/formats.ts";
import { parseRecords } from "../../io/records/parse.ts";
import type { Fields } from "../../io/records/record.ts";
import { TableParser } from "../../io/records/table.ts";
import { freeName } from "../field_name.ts";
import { choice, UsageError, value, type Values, values } from "../options.ts";
import type { Terminal } from "../outputs/terminal.ts";

/** The formats of files with texts, by the extension of a file's name. */
const FORMATS = ["txt", "jsonl", "csv", "tsv"] as const;

/** Name of a format. */
export type Format = typeof FORMATS[number];

/** Options of every command that reads texts. */
export const INPUT_OPTIONS = {
  input: values("FILE", "read texts from a file, or with - from standard input; may be given several times", {
    short: "i",
  }),
  separator: value("CHAR", "of csv, read and written: what separates fields, or tab for a tab (,)"),
  "text-column": value("NAME", "of csv and tsv: the column that holds the texts (text)"),
  "text-field": value("NAME", "of jsonl: the field that holds the texts (text)"),
  format: choice(
    FORMATS,
    "what files hold, whatever their names end with; standard input holds txt, a text a line, if this is not given",
  ),
};

/** Further options of commands that read pairs of texts. */
export const PAIR_OPTIONS = {
  "pair-column": value("NAME", "of csv and tsv: the column that holds second texts (text_pair)"),
  "pair-field": value("NAME", "of jsonl: the field that holds second texts (text_pair)"),
};

/** A question to the model, or the error in its place. */
export interface InputItem {
  /** Its number among all, from 0; errors count too. */
  readonly index: number;
  /** Its place for messages, such as `reviews.txt:3`; `null` for an argument. */
  readonly place: string | null;
  /** Number of the line of its file that it begins in, or its number among the arguments, from 1. */
  readonly line: number;
  /** The columns of the table that it is from; `null` if it is from none. */
  readonly columns: readonly string[] | null;
  /** How much of the {@linkcode Inputs.length} has been read with it. */
  readonly end: number;
  /** The fields as they were given. */
  readonly given: Fields | InputError;
  /** The fields with the texts under the names by which questions know them. */
  readonly fields: Fields | InputError;
}

/** Where questions come from: `path` is that of a file. */
export interface InputSource {
  /** Its name in messages. */
  readonly name: string;
  /** The path of a file; `null` of anything that can be read once only. */
  readonly path: string | null;
}

/** All questions to the model. */
export interface Inputs {
  readonly items: AsyncIterable<InputItem>;
  /** Where they come from; none if they are arguments. */
  readonly sources: readonly InputSource[];
  /** The bytes of all files, or the number of arguments; `null` if it is not known. */
  readonly length: number | null;
}

/** A file that is to be read. */
interface Source extends InputSource {
  readonly format: Format;
  readonly bytes: number | null;
  open(): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Finds a command's questions: its arguments, else the files of `--input`, else standard input.
 *
 * @param written The format of the output, which a separator may be meant for.
 * @throws {UsageError} If there is none of these, or arguments and files.
 * @throws {InputError} If a file does not exist.
 */
export async function openInputs(
  texts: readonly string[],
  { input, format, ...naming }: Values<typeof INPUT_OPTIONS> & Partial<Values<typeof PAIR_OPTIONS>>,
  terminal: Terminal,
  written: string | null = null,
): Promise<Inputs> {
  if (texts.length > 0) {
    if (input.length > 0) throw new UsageError("texts are arguments or come from --input, got both");
    checkNaming(naming, [], written);
    return { items: fromArguments(texts), sources: [], length: texts.length };
  }
  const piped = terminal.input();
  if (input.length === 0 && piped === null) throw new UsageError(NO_TEXT);
  const names = input.length > 0 ? input : ["-"];
  if (names.indexOf("-") < names.lastIndexOf("-")) throw new UsageError("--input - can be given once");
  const sources: Source[] = [];
  for (const name of names) {
    sources.push(name === "-" ? standardInput(piped, format) : await file(name, format));
  }
  checkNaming(naming, sources.map(({ format }) => format), written);
  const length = sources.reduce<number | null>(
    (sum, { bytes }) => sum === null || bytes === null ? null : sum + bytes,
    0,
  );
  return { items: fromSources(sources, { asked: input.length > 0, naming }), sources, length };
}

const NO_TEXT = "no text: give texts as arguments, files by --input, or a text a line on standard input";

async function* fromArguments(texts: readonly string[]): AsyncGenerator<InputItem> {
  for (const [index, text] of texts.entries()) {
    const fields = { text };
    yield { index, place: null, line: index + 1, end: index + 1, columns: null, given: fields, fields };
  }
}

/** Options that say how fields are separated, and which of them hold the texts. */
type Naming = Omit<Values<typeof INPUT_OPTIONS>, "input" | "format"> & Partial<Values<typeof PAIR_OPTIONS>>;

/** Which of these options say something about files, and of which formats. */
const NAMING = {
  separator: ["csv"],
  "text-column": ["csv", "tsv"],
  "pair-column": ["csv", "tsv"],
  "text-field": ["jsonl"],
  "pair-field": ["jsonl"],
} as const satisfies Record<keyof Naming, readonly Format[]>;

/** @throws {UsageError} If an option says something about files of which there are none. */
function checkNaming(naming: Naming, formats: readonly Format[], written: string | null): void {
  for (const [name, fits] of Object.entries(NAMING) as [keyof Naming, readonly Format[]][]) {
    if (naming[name] === undefined || formats.some((format) => fits.includes(format))) continue;
    if (name === "separator" && written === "csv") continue;
    const got = formats.length === 0 ? "texts as arguments" : [...new Set(formats)].join(" and ");
    throw new UsageError(`--${name} is for ${fits.join(" and ")}, got ${got}`);
  }
}

/** The names of the fields that hold the texts in a format. */
function namesIn(format: Format, naming: Naming): { text?: string | undefined; text_pair?: string | undefined } {
  const ending = format === "jsonl" ? "field" : "column";
  return format === "txt" ? {} : { text: naming[`text-${ending}`], text_pair: naming[`pair-${ending}`] };
}

/** The character that `--separator` names, if it is given. @throws {UsageError} If it names none that can separate fields. */
export function separatorOf({ separator }: { separator: string | undefined }): string | undefined {
  if (separator === undefined) return undefined;
  const character = ["tab", "\\t"].includes(separator) ? "\t" : separator;
  if (isSeparator(character)) return character;
  throw new UsageError(`--separator must be one character, not a quote, or tab, got ${JSON.stringify(separator)}`);
}

/**
 * The fields with the texts under the names by which questions know them. A field that had such a name, and is not the text,
 * becomes `input_text`, with one more `input_` if that is taken too. An error if there is no such field.
 */
function renamed(
  fields: Fields | InputError,
  names: Readonly<Record<string, string | undefined>>,
): Fields | InputError {
  if (fields instanceof InputError) return fields;
  const given = Object.entries(names).filter(([, own]) => own !== undefined) as [name: string, own: string][];
  if (given.length === 0) return fields;
  const found: Record<string, unknown> = {};
  for (const [name, own] of given) {
    if (!Object.hasOwn(fields, own) && name === "text") return new InputError(`must have a field "${own}"`);
    if (Object.hasOwn(fields, own)) found[name] = fields[own];
  }
  const others = entriesOf(fields).filter(([name]) => !given.some(([, own]) => own === name));
  const taken = new Set([...others.map(([name]) => name), ...given.map(([name]) => name)]);
  const kept = others.map(([name, value]): [string, unknown] => {
    if (!given.some(([text]) => text === name)) return [name, value];
    const own = freeName(`input_${name}`, (other) => taken.has(other));
    taken.add(own);
    return [own, value];
  });
  return objectOf([...Object.entries(found), ...kept]);
}

/** @param options `asked`: whether the user named the sources. */
async function* fromSources(
  sources: readonly Source[],
  { asked, naming }: { asked: boolean; naming: Naming },
): AsyncGenerator<InputItem> {
  const separator = separatorOf(naming);
  let start = 0;
  let index = 0;
  for (const source of sources) {
    const { name, format } = source;
    let end = 0;
    let records = 0;
    const names = namesIn(format, naming);
    const required = [names.text ?? "text", ...(names.text_pair === undefined ? [] : [names.text_pair])];
    const table = { required, ...(separator !== undefined && format === "csv" && { separator }) };
    const parser = openParser(format, { table, keepText: true });
    try {
      for await (const part of parseRecords(await source.open(), { parser })) {
        for (const record of part) {
          records++;
          end = record.end;
          const { number: line, fields: given } = record;
          const fields = renamed(given, names);
          const columns = parser instanceof TableParser ? parser.header : null;
          yield { index: index++, place: `${name}:${line}`, line, end: start + end, columns, given, fields };
        }
      }
    } catch (error) {
      throw new InputError(`Cannot read ${name}: ${(error as Error).message}`, { cause: error });
    }
    if (records === 0 && !asked) throw new UsageError(NO_TEXT);
    if (records === 0) {
      const nothing = new InputError("must hold a text, and is empty");
      const columns = parser instanceof TableParser ? parser.header : null;
      yield { index: index++, place: name, line: 1, end: start, columns, given: nothing, fields: nothing };
    }
    start += end;
  }
}

function standardInput(piped: AsyncIterable<Uint8Array> | null, format: Format = "txt"): Source {
  if (piped === null) throw new UsageError("--input - reads standard input, and nothing is piped into it");
  return { name: "standard input", path: null, format, bytes: null, open: () => piped };
}

async function file(name: string, format?: Format): Promise<Source> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(name);
  } catch (cause) {
    const problem = cause instanceof Deno.errors.NotFound ? "there is no such file" : (cause as Error).message;
    throw new InputError(`Cannot read ${name}: ${problem}`, { cause });
  }
  if (info.isDirectory) throw new InputError(`Cannot read ${name}: it must be a file, and is a folder`);
  const bytes = info.isFile ? info.size : null;
  const path = info.isFile ? name : null;
  return { name, path, format: format ?? formatOf(name), bytes, open: async () => (await Deno.open(name)).readable };
}

/** The format by the end of a file's name. */
function formatOf(name: string): Format {
  const format = FORMATS.find((format) => name.toLowerCase().endsWith(`.${format}`));
  if (format !== undefined) return format;
  throw new UsageError(`cannot tell what ${name} holds: give --format ${FORMATS.join(", ")}`);
}
