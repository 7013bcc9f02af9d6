/** `narrowbert embed`: the embeddings of texts. */

import { InputError } from "../../base/errors.ts";
import type { NestedArray, Tensor } from "../../base/tensor.ts";
import { PRECISIONS, type Ranges } from "../../pipelines/tasks/precision.ts";
import { textOf } from "../inputs/questions.ts";
import { choice, UsageError, value } from "../options.ts";
import { answerBy } from "../pipelines.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";
import { WINDOW_OPTIONS, windowColumn, windowOptions } from "../windows.ts";
import { shortestFloat } from "../../vectors/shortest.ts";
import { makerMetadata } from "./maker.ts";
import { EMBEDDING_OPTIONS, openEmbedding, PROMPT_OPTIONS, TOKEN_POOLING } from "./options.ts";
import { type Embedded, embeddingOf, npyFile, safetensorsFile } from "./vector_files.ts";

/** Numbers that a table shows of an embedding. */
const SHOWN = 4;

/** The command. */
export const embed = textCommand({
  name: "embed",
  about: `\
Turns texts into vectors that are the closer the more alike the texts are. Prints the size of each
embedding, its first numbers, and the text; JSON has all numbers.
As JSON: { text, embedding: [...] }; with --pooling none { text, embeddings: [[...]] }, one a token;
with --windows [{ start, end, text, embedding }] besides, start and end as UTF-16 indices. In a table
the same fields are columns of JSON lists. An output of .safetensors or .npy has the vectors alone, a
row for each text; search takes those of float32.`,
  options: {
    ...EMBEDDING_OPTIONS,
    pooling: TOKEN_POOLING,
    ...PROMPT_OPTIONS,
    precision: choice(PRECISIONS, "element type (float32)"),
    ranges: value(
      "FILE",
      "for int8 and uint8: a JSON file of two lists, the smallest and the largest value of each dimension",
    ),
    ...WINDOW_OPTIONS,
  },
  examples: [
    'narrowbert embed "a large animal" "a small bird"',
    "narrowbert embed --normalize --dimensions 64 --input texts.txt --output embeddings.jsonl",
    "narrowbert embed --input texts.txt --output vectors.safetensors",
  ],
  question: textOf,
  check(values) {
    // Files of vectors have a row for each text, and nothing else.
    const { output, "skip-bad": skips } = values as unknown as { output?: string; "skip-bad": boolean };
    const end = /\.(npy|safetensors)$/i.exec(output ?? "")?.[0];
    if (end === undefined) return;
    const found = values.pooling === "none"
      ? "--pooling none"
      : values.windows
      ? "--windows"
      : skips
      ? "--skip-bad"
      : null;
    if (found !== null) {
      throw new UsageError(`an output of ${end} has one vector for each text, got ${found}: write .jsonl`);
    }
  },
  async open(values, loading) {
    const { precision } = values;
    if (precision?.endsWith("int8") && values.ranges === undefined) {
      throw new UsageError(`--precision ${precision} needs --ranges`);
    }
    const windows = windowOptions(values);
    const ranges = values.ranges === undefined ? undefined : await readRanges(values.ranges);
    const { embed, options } = await openEmbedding(values, loading);
    const own = { ...options, precision, ranges, ...windows };
    const name = values.pooling === "none" ? "embeddings" : "embedding";
    const columns = [
      { name, value: (answer: Embedded) => numbersOf(embeddingOf(answer)) },
      ...windowColumn(values.windows),
    ];
    const model = answerBy(
      embed,
      (texts: AsyncIterable<string>, options) => embed.stream(texts, { ...options, ...own }),
      columns,
    );
    return { ...model, metadata: () => makerMetadata({ embed, options }, values.model) };
  },
  json(answer) {
    const field = (tensor: Tensor) => ({ [tensor.dims.length === 2 ? "embedding" : "embeddings"]: numbersOf(tensor) });
    if (!("windows" in answer)) return field(answer);
    const windows = answer.windows.map(({ embedding, ...place }) => ({ ...place, ...field(embedding) }));
    return { ...field(answer.embedding), windows };
  },
  formats: { npy: npyFile, safetensors: safetensorsFile },
  tables(answer, fields) {
    const tensor = embeddingOf(answer);
    const first = [...tensor.data.subarray(0, SHOWN)].map((x) => `${+Number(x).toFixed(4)}`);
    return [[[tensor.dims.slice(1).join(" x "), `${first.join(" ")} ...`, shortened(textOf(fields))]]];
  },
});

/** The numbers of a text's embedding, or of its tokens', in few digits. */
function numbersOf(tensor: Tensor): unknown {
  const short = (list: NestedArray): NestedArray =>
    Array.isArray(list) ? list.map(short) : shortestFloat(list as number);
  const [embedding] = tensor.tolist() as NestedArray[];
  return tensor.type === "float32" ? short(embedding!) : embedding;
}

async function readRanges(file: string): Promise<Ranges> {
  try {
    const ranges: unknown = JSON.parse(await Deno.readTextFile(file));
    if (Array.isArray(ranges) && ranges.length === 2 && ranges.every(isNumbers)) return ranges as unknown as Ranges;
  } catch (cause) {
    throw new InputError(`Cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  throw new InputError(`Cannot read ${file}: it must hold two lists of numbers`);
}

function isNumbers(list: unknown): boolean {
  return Array.isArray(list) && list.every((x) => typeof x === "number");
}
