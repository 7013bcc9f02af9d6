/** Options of commands that make embeddings of texts, and the pipeline that makes them. */

import { type FeatureExtractionPipeline, textPooling } from "../../pipelines/tasks/feature_extraction.ts";
import { POOLINGS } from "../../pipelines/tasks/pooling.ts";
import { choice, count, toggle, UsageError, value, type Values } from "../options.ts";
import { loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import type { Loading } from "../answering/definition.ts";

/** The poolings that give one embedding a text. */
const ONE_A_TEXT = POOLINGS.filter((pooling) => pooling !== "none");

const poolingOf = <P extends string>(poolings: readonly P[], what: string) =>
  choice(poolings, `${what}; by default as 1_Pooling/config.json beside the model says, else mean`);

/** Options of every command that embeds. */
export const EMBEDDING_OPTIONS = {
  ...PIPELINE_OPTIONS,
  pooling: poolingOf(ONE_A_TEXT, "a way of sentence-transformers to make one embedding of a text's tokens"),
  normalize: toggle("scale embeddings to length 1 at last; by default as modules.json beside the model says"),
  dimensions: count("keep that many numbers, the first ones"),
};

/** The option `--pooling` of a command that may give an embedding a token. */
export const TOKEN_POOLING = poolingOf(
  POOLINGS,
  "one embedding a token, or one a text by a way of sentence-transformers",
);

/** Options that name a text to put before each. */
export const PROMPT_OPTIONS = {
  prompt: value("TEXT", "put a text before each; by default the default prompt of the model's files"),
  "prompt-name": value("NAME", "put a prompt before each text, of config_sentence_transformers.json beside the model"),
};

/**
 * Loads the model of embeddings.
 *
 * @returns The pipeline, and the options of its calls that the values name. One embedding a text if the model's files do
 *   not say; what they say that is wrong, the pipeline tells.
 */
export async function openEmbedding(
  { truncate: truncation, pooling, normalize, dimensions, prompt, "prompt-name": prompt_name, ...values }:
    & Omit<Values<typeof EMBEDDING_OPTIONS>, "pooling">
    & Values<typeof PROMPT_OPTIONS>
    & { pooling: typeof POOLINGS[number] | undefined },
  loading: Loading,
) {
  if (prompt !== undefined && prompt_name !== undefined) {
    throw new UsageError("give --prompt or --prompt-name, not both");
  }
  const embed: FeatureExtractionPipeline = await loadPipeline("feature-extraction", values, loading);
  const own = {
    ...textPooling(embed, pooling),
    normalize,
    dimensions,
    truncation,
    prompt,
    prompt_name,
  };
  return { embed, options: own };
}
