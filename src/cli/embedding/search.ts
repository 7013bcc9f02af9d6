/** `narrowbert search`: the texts whose embeddings are most alike to a query's. */

import { InputError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { ProgressInfo } from "../../io/folder/folder.ts";
import type { Fields } from "../../io/records/record.ts";
import type { SearchHit } from "../../vectors/best.ts";
import { semantic_search } from "../../vectors/semantic_search.ts";
import { SIMILARITIES } from "../../vectors/similarity.ts";
import { defineCommand } from "../command.ts";
import { INPUT_OPTIONS, openInputs } from "../inputs/inputs.ts";
import { textOf } from "../inputs/questions.ts";
import { choice, count, UsageError, value, type Values, values } from "../options.ts";
import { joined, type Layout, openPrinting, PRINTING_OPTIONS } from "../outputs/outputs.ts";
import { ProgressBar } from "../outputs/progress.ts";
import { shortened } from "../outputs/table.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { JOINING_OPTIONS, windowOptions } from "../windows.ts";
import { checkMaker } from "./maker.ts";
import { EMBEDDING_OPTIONS, openEmbedding, PROMPT_OPTIONS } from "./options.ts";
import { readVectors, type VectorFile } from "./read_vectors.ts";

/** Results of a query, if the command line says nothing else. */
const TOP_K = 5;

const OPTIONS = {
  ...EMBEDDING_OPTIONS,
  ...PROMPT_OPTIONS,
  ...JOINING_OPTIONS,
  query: values("TEXT", "what to search for; may be given several times", { short: "q" }),
  vectors: value("FILE", "search the vectors of a .safetensors, .npy or .jsonl file, as embed writes them"),
  "top-k": count(`how many texts, best first (${TOP_K})`),
  "score-function": choice(SIMILARITIES, "how vectors are compared; by default as the model's files say, else cosine"),
  ...INPUT_OPTIONS,
  ...PRINTING_OPTIONS,
};

/** A hit as it is printed. */
type Result = Fields & { index: number; score: number };

const LAYOUT: Layout<Result[]> = {
  json: (results) => ({ results }),
  tables: (results) => [
    results.map(({ score, index, text }) => {
      return [score.toFixed(4), `${index}`, typeof text === "string" ? shortened(text) : ""];
    }),
  ],
  apart: true,
};

/** The command. */
export const search = defineCommand({
  name: "search",
  positionals: "[text ...]",
  about: `\
Finds the texts whose embeddings are most alike to that of a query, best first. The texts are
arguments, come from files (--input) or from standard input, and are embedded first; with --vectors
they were before: then texts are only shown, and none need be given. Prints score, number and text.
A query gets the model's prompt "query", texts its prompt "document", if its files have them.
As JSON: { query, results: [{ index, score, text }] }, where index counts from 0.`,
  options: OPTIONS,
  computes: true,
  examples: [
    'narrowbert search --query "a large animal" --input texts.txt',
    "narrowbert embed --input texts.txt --jsonl > vectors.jsonl",
    'narrowbert search --query "a large animal" --vectors vectors.jsonl --top-k 3',
  ],
  async run({ values, positionals }, terminal) {
    checkQueries(values.query);
    const { return_windows: _, ...windows } = windowOptions(values);
    if (values.json && values.jsonl) throw new UsageError("answers are printed as --json or as --jsonl, got both");
    const output = openPrinting(LAYOUT, values, terminal);
    const filed = values.vectors === undefined ? null : await readVectors(values.vectors);
    const isGiven = positionals.length > 0 || values.input.length > 0;
    const texts = filed === null || isGiven ? await textsOf(positionals, values, terminal) : null;
    if (filed !== null && texts !== null) checkCount(filed, { texts, name: values.vectors! });
    const progress = new ProgressBar(terminal, texts?.length ?? null);
    const loading = {
      signal: terminal.signal,
      timings: null,
      progress_callback: (info: ProgressInfo) => progress.loading(info),
    };
    const { embed, options } = await openEmbedding(values, loading);
    using _model = embed;
    const name = values.vectors;
    if (filed !== null) await checkMaker(filed, { embed, options, name: name! });
    const { signal } = terminal;
    const isPrompted = options.prompt !== undefined || options.prompt_name !== undefined;
    const queries = await embed(values.query, { ...options, ...(!isPrompted && { prompt_name: "query" }), signal });
    progress.begin();
    const vectors = filed?.vectors ?? await embed((texts as Fields[]).map(textOf), {
      ...options,
      ...windows,
      prompt: undefined,
      prompt_name: "document",
      convert_to_tensor: true,
      signal,
      progress_callback: ({ done }) => progress.answered(done, done),
    });
    const found = await semantic_search(queries, vectors, {
      top_k: values["top-k"] ?? TOP_K,
      score_function: values["score-function"] ?? embed.similarity_fn_name,
      signal,
    });
    const results = (hits: SearchHit[]): Result[] =>
      hits.map(({ corpus_id, score }) => {
        const index = filed?.numbers?.[corpus_id] ?? corpus_id;
        return joined(texts?.[index] ?? filed?.fields?.[corpus_id] ?? {}, { index, score });
      });
    await output.put(found.map((hits, index) => {
      const fields = { query: values.query[index] };
      return { index, line: index + 1, fields, given: fields, answer: results(hits) };
    }));
    await output.end();
  },
});

function checkQueries(queries: readonly string[]): void {
  if (queries.length === 0) throw new UsageError("no query: give --query");
  const blank = queries.find((query) => query.trim() === "");
  if (blank !== undefined) throw new UsageError(`--query must hold a word, got "${blank}"`);
}

/** All texts. @throws {InputError} Naming the first that is none. */
async function textsOf(
  positionals: readonly string[],
  options: Values<typeof INPUT_OPTIONS>,
  terminal: Terminal,
): Promise<Fields[]> {
  const texts: Fields[] = [];
  for await (const { fields, place, index } of (await openInputs(positionals, options, terminal)).items) {
    terminal.signal.throwIfAborted();
    try {
      if (fields instanceof InputError) throw fields;
      textOf(fields);
      texts.push(fields);
    } catch (error) {
      throw new InputError(`${place ?? `text ${index + 1}`}: ${(error as Error).message}`, { cause: error });
    }
  }
  return texts;
}

/** @throws {InputError} If there are more or fewer texts than the file is of. */
function checkCount(
  { texts: count, numbers }: VectorFile,
  { texts, name }: { texts: readonly Fields[]; name: string },
): void {
  if (count === texts.length) return;
  const found = numbers === null ? `${count} vectors` : `${numbers.length} vectors of ${count} texts`;
  throw new InputError(
    `Cannot search ${quote(name)}: it has ${found}, and ${texts.length} texts are given; they must be the texts ` +
      "that the vectors were made of, in their order",
  );
}
