/** `narrowbert search`: the texts whose embeddings are most alike to a query's. */

import { InputError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { Tensor } from "../../base/tensor.ts";
import type { ProgressInfo } from "../../io/folder/folder.ts";
import type { Fields } from "../../io/records/record.ts";
import type { SearchHit } from "../../vectors/best.ts";
import { cat } from "../../vectors/cat.ts";
import { semantic_search } from "../../vectors/semantic_search.ts";
import { SIMILARITIES } from "../../vectors/similarity.ts";
import { Refusals } from "../answering/refusals.ts";
import { defineCommand } from "../command.ts";
import { INPUT_OPTIONS, openInputs } from "../inputs/inputs.ts";
import { textOf } from "../inputs/questions.ts";
import { choice, count, flag, UsageError, value, type Values, values } from "../options.ts";
import { checkPrinting, joined, type Layout, openPrinting, PRINTING_OPTIONS } from "../outputs/outputs.ts";
import { ProgressBar } from "../outputs/progress.ts";
import { shortened } from "../outputs/table.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { JOINING_OPTIONS, windowOptions } from "../windows.ts";
import { checkMaker, checkVector, type Maker } from "./maker.ts";
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
  "skip-bad": flag("name texts that cannot be read or embedded on standard error, search the rest, and exit with 1"),
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
Texts without a word are not embedded, and so never found. A query gets the model's prompt "query",
texts its prompt "document", if its files have them.
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
    checkPrinting(values);
    const output = openPrinting(LAYOUT, values, terminal);
    const { vectors: name, stride } = values;
    if (name !== undefined && stride !== undefined) throw new UsageError("--stride is for texts, got --vectors");
    const filed = name === undefined ? null : await readVectors(name);
    const isGiven = positionals.length > 0 || values.input.length > 0;
    const refused = new Refusals(values["skip-bad"], { terminal });
    const texts = filed === null || isGiven ? await textsOf(positionals, values, { terminal, refused }) : null;
    if (filed !== null && texts !== null) checkCount(filed, { texts, name: name! });
    const progress = new ProgressBar(terminal, texts?.length ?? null);
    const loading = {
      signal: terminal.signal,
      timings: null,
      progress_callback: (info: ProgressInfo) => progress.loading(info),
    };
    const { embed, options } = await openEmbedding(values, loading);
    using _model = embed;
    const { signal } = terminal;
    const isPrompted = options.prompt !== undefined || options.prompt_name !== undefined;
    const queries = await embed(values.query, { ...options, ...(!isPrompted && { prompt_name: "query" }), signal });
    progress.begin();
    const corpus = filed ?? await embedded(texts!, {
      embed,
      options: { ...options, ...windows, prompt: undefined, prompt_name: "document" },
      refused,
      signal,
      progress,
    });
    const fields = texts ?? filed?.fields ?? null;
    const width = queries[0]!.dims[1] as number;
    if (filed !== null) await checkFile(filed, { embed, options, name: name!, fields, width });
    const found = await semantic_search(queries, corpus.vectors, {
      top_k: values["top-k"] ?? TOP_K,
      score_function: values["score-function"] ?? embed.similarity_fn_name,
      signal,
    });
    const results = (hits: SearchHit[]): Result[] =>
      hits.map(({ corpus_id, score }) => {
        const index = corpus.numbers[corpus_id]!;
        return joined(fields?.[index] ?? {}, { index, score });
      });
    await output.put(found.map((hits, index) => {
      const fields = { query: values.query[index] };
      return { index, line: index + 1, fields, given: fields, answer: results(hits) };
    }));
    await output.end();
    refused.check();
  },
});

function checkQueries(queries: readonly string[]): void {
  if (queries.length === 0) throw new UsageError("no query: give --query");
  const blank = queries.find((query) => query.trim() === "");
  if (blank !== undefined) throw new UsageError(`--query must hold a word, got "${blank}"`);
}

/** All texts; null in place of one that is left out. @throws {InputError} Naming the first that is none. */
async function textsOf(
  positionals: readonly string[],
  options: Values<typeof INPUT_OPTIONS>,
  { terminal, refused }: { terminal: Terminal; refused: Refusals },
): Promise<(Fields | null)[]> {
  const texts: (Fields | null)[] = [];
  for await (const { fields, place, index } of (await openInputs(positionals, options, terminal)).items) {
    terminal.signal.throwIfAborted();
    try {
      if (fields instanceof InputError) throw fields;
      textOf(fields);
      texts.push(fields);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      await refused.take(place ?? `text ${index + 1}`, error);
      texts.push(null);
    }
  }
  return texts;
}

/** The vectors of texts that have a word, and which texts they are of. */
async function embedded(
  texts: readonly (Fields | null)[],
  { embed, options, refused, signal, progress }: Maker & {
    refused: Refusals;
    signal: AbortSignal;
    progress: ProgressBar;
  },
): Promise<Pick<VectorFile, "vectors" | "numbers">> {
  const asked = texts.flatMap((fields, index) => {
    const text = fields === null ? "" : textOf(fields);
    return text.trim() === "" ? [] : [{ index, text }];
  });
  const answers = await embed(asked.map(({ text }) => text), {
    ...options,
    signal,
    errors: "yield",
    progress_callback: ({ done }) => progress.answered(done, done),
  });
  const rows: Tensor[] = [];
  const numbers: number[] = [];
  for (const [i, answer] of answers.entries()) {
    const { index } = asked[i]!;
    if (answer instanceof Error) await refused.take(`text ${index + 1}`, answer);
    else {
      rows.push(answer as Tensor);
      numbers.push(index);
    }
  }
  if (rows.length === 0) throw new InputError("Cannot search: there must be a text with a word, and there is none");
  return { vectors: cat(rows) as Tensor<"float32">, numbers };
}

/** Checks that a file's vectors are of the model that embeds the queries, as far as can be told. */
async function checkFile(
  filed: VectorFile,
  { fields, width, ...maker }: Maker & {
    name: string;
    fields: readonly (Fields | null)[] | null;
    /** Numbers of a query's vector. */
    width: number;
  },
): Promise<void> {
  await checkMaker(filed, { ...maker, width });
  const [first] = filed.numbers;
  const text = first === undefined ? undefined : fields?.[first]?.text;
  if (typeof text !== "string" || text.trim() === "" || filed.metadata.probe !== undefined) return;
  const vector = new Tensor("float32", filed.vectors.data.subarray(0, filed.vectors.dims[1]), [
    1,
    filed.vectors.dims[1]!,
  ]);
  await checkVector({ vector, text }, maker);
}

/** @throws {InputError} If there are more or fewer texts than vectors. */
function checkCount(
  { rows: count, numbers }: VectorFile,
  { texts, name }: { texts: readonly unknown[]; name: string },
): void {
  if (count === texts.length) return;
  const held = numbers.length === count ? `${count} vectors` : `${numbers.length} vectors of ${count} texts`;
  throw new InputError(
    `Cannot search ${quote(name)}: it has ${held}, and ${texts.length} texts are given; they must be the texts ` +
      "that the vectors were made of, in their order",
  );
}
