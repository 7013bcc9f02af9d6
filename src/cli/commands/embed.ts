/** `narrowbert embed`: the embeddings of texts. */

import { InputError } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import { hasFiledPooling } from "../../pipelines/tasks/feature_extraction.ts";
import { POOLINGS } from "../../pipelines/tasks/pooling.ts";
import { PRECISIONS, type Ranges } from "../../pipelines/tasks/precision.ts";
import { textOf } from "../inputs/questions.ts";
import { choice, count, toggle, UsageError, value } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";

/** Numbers that a table shows of an embedding. */
const SHOWN = 4;

/** The command. */
export const embed = textCommand({
  name: "embed",
  about: `\
Turns texts into vectors that are the closer the more alike the texts are. Prints the size of each
embedding, its first numbers, and the text; JSON has all numbers.
As JSON: { text, embedding: [...] }; with --pooling none { text, embeddings: [[...]] }, one a token.
In a table the same field is a column of JSON lists.`,
  options: {
    ...PIPELINE_OPTIONS,
    pooling: choice(
      POOLINGS,
      "one embedding a token, or one a text by a way of sentence-transformers; by default as 1_Pooling/config.json beside " +
        "the model says, else mean",
    ),
    normalize: toggle("scale embeddings to length 1 at last; by default as modules.json beside the model says"),
    dimensions: count("keep that many numbers, the first ones"),
    prompt: value("TEXT", "put a text before each; by default the default prompt of the model's files"),
    "prompt-name": value(
      "NAME",
      "put a prompt before each text, of config_sentence_transformers.json beside the model",
    ),
    precision: choice(PRECISIONS, "element type (float32)"),
    ranges: value(
      "FILE",
      "for int8 and uint8: a JSON file of two lists, the smallest and the largest value of each dimension",
    ),
  },
  examples: [
    'narrowbert embed "a large animal" "a small bird"',
    "narrowbert embed --normalize --dimensions 64 --input texts.txt --output embeddings.jsonl",
  ],
  question: textOf,
  async open(values, loading) {
    const { truncate: truncation, normalize, dimensions, precision, prompt, "prompt-name": prompt_name } = values;
    if (prompt !== undefined && prompt_name !== undefined) {
      throw new UsageError("give --prompt or --prompt-name, not both");
    }
    if (precision?.endsWith("int8") && values.ranges === undefined) {
      throw new UsageError(`--precision ${precision} needs --ranges`);
    }
    const ranges = values.ranges === undefined ? undefined : await readRanges(values.ranges);
    const embed = await loadPipeline("feature-extraction", values, loading);
    // One embedding a text if the files do not say; what they say that is wrong, the pipeline tells.
    const pooling = values.pooling ?? (hasFiledPooling(embed) ? undefined : "mean");
    const own = { pooling, normalize, dimensions, precision, ranges, truncation, prompt, prompt_name };
    const name = values.pooling === "none" ? "embeddings" : "embedding";
    const columns = [{ name, value: listOf }];
    return answerBy(embed, (texts, options) => embed.stream(texts, { ...options, ...own }), columns);
  },
  json: (tensor) => {
    const embedding = listOf(tensor);
    return tensor.dims.length === 2 ? { embedding } : { embeddings: embedding };
  },
  tables: (tensor, fields) => {
    const first = [...tensor.data.subarray(0, SHOWN)].map((x) => `${+Number(x).toFixed(4)}`);
    return [[[tensor.dims.slice(1).join(" x "), `${first.join(" ")} ...`, shortened(textOf(fields))]]];
  },
});

/** The embedding of a text, or those of its tokens. */
function listOf(tensor: Tensor): unknown {
  const [embedding] = tensor.tolist() as unknown[];
  return embedding;
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
