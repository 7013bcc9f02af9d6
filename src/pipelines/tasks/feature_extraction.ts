/** Task `feature-extraction`: embeddings of texts, or of their tokens. */

import { Tensor } from "../../base/tensor.ts";
import type { NarrowBertModel } from "../../heads/narrow_bert_model.ts";
import { NO_SENTENCE_CONFIG, type SentenceConfig } from "../../heads/sentence/sentence_config.ts";
import { cat } from "../../vectors/cat.ts";
import type { Vectors } from "../../vectors/matrix.ts";
import type { Similarity } from "../../vectors/similarity.ts";
import { mostTokens } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type TaskParts } from "../engine/parts.ts";
import type { WindowPlace } from "../windows/places.ts";
import {
  type EmbeddedText,
  type EmbeddingInput,
  embeddingsTask,
  type FeatureExtractionOptions,
  type OneTensorOptions,
} from "./embedding/embeddings_task.ts";
import { type Embedding, needsRanges, type Precision, quantize, type Ranges, rangesOf } from "./precision.ts";
import { similarities } from "./similarity.ts";
import type { CallOptions, Inputs, ListOptions, StreamOptions } from "../engine/task.ts";

export type { EmbeddingInput, FeatureExtractionOptions, OneTensorOptions };

/** Options of any call. */
type AnyOptions = FeatureExtractionOptions<Precision, boolean>;

/** A window of a text with its embedding. */
export interface EmbeddedWindow<P extends Precision = "float32"> extends WindowPlace {
  /** Its embedding, `[1, H]`. */
  embedding: Embedding<P>;
}

/** The embeddings of a text and of its windows. */
export interface WindowEmbeddings<P extends Precision = "float32"> {
  /** The text's embedding, `[1, H]`. */
  embedding: Embedding<P>;
  /** Its windows, from left to right. */
  windows: EmbeddedWindow<P>[];
}

/** What a text gives, as `precision` and `return_windows` say. */
export type TextEmbedding<P extends Precision = "float32", W extends boolean = false> = W extends true
  ? WindowEmbeddings<P>
  : Embedding<P>;

/**
 * Embeds texts. A text gives a tensor, `[1, H]` with pooling and `[1, tokens, H]` without, as in transformers.js; a
 * list of texts gives an array of them, as in Python's pipeline, and so does a stream. With `binary` and `ubinary` H is
 * the number of bytes.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * using embed = await pipeline("feature-extraction");
 * const embedding = await embed("a large animal with a long trunk", { pooling: "mean", normalize: true });
 * console.log(embedding.dims); // [1, 128]
 * ```
 *
 * @throws {InputError} On a text that is longer than the model takes, or than the `max_seq_length` of
 *   `sentence_bert_config.json` beside it, if there is no `stride`; on one without a token, if a pooling takes a token's
 *   state.
 * @throws {RangeError} If an option's value is not allowed.
 * @throws {ConfigError} If `pooling` is left out, and the model's files ask for something else than these poolings and
 *   the modules Dense, LayerNorm, Normalize and Dropout about them.
 */
export interface FeatureExtractionPipeline<Model = NarrowBertModel> extends PipelineOwner<Model> {
  /** The embeddings of a text. */
  <P extends Precision = "float32", W extends boolean = false>(
    text: EmbeddingInput,
    options?: FeatureExtractionOptions<P, W> & CallOptions,
  ): Promise<TextEmbedding<P, W>>;
  /** Those of a list of N texts as one tensor, `[N, H]`. */
  <P extends Precision = "float32">(
    texts: readonly EmbeddingInput[],
    options: FeatureExtractionOptions<P> & CallOptions & OneTensorOptions,
  ): Promise<Embedding<P>>;
  /** Those of a list of texts, in their order, and an error in place of those that cannot be computed. */
  <P extends Precision = "float32", W extends boolean = false>(
    texts: readonly EmbeddingInput[],
    options: FeatureExtractionOptions<P, W> & ListOptions & { errors: "yield" },
  ): Promise<(TextEmbedding<P, W> | Error)[]>;
  /** Those of a list of texts, in their order. */
  <P extends Precision = "float32", W extends boolean = false>(
    texts: readonly EmbeddingInput[],
    options?: FeatureExtractionOptions<P, W> & ListOptions,
  ): Promise<TextEmbedding<P, W>[]>;
  /** Those of a stream of texts, one by one, and an error in place of those that cannot be computed. */
  stream<P extends Precision = "float32", W extends boolean = false>(
    texts: Inputs<EmbeddingInput>,
    options: FeatureExtractionOptions<P, W> & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<TextEmbedding<P, W> | Error>;
  /** Those of a stream of texts, one by one; it ends with the error of a text that cannot be computed. */
  stream<P extends Precision = "float32", W extends boolean = false>(
    texts: Inputs<EmbeddingInput>,
    options?: FeatureExtractionOptions<P, W> & StreamOptions,
  ): AsyncIterableIterator<TextEmbedding<P, W>>;
  /** Most tokens of a text, special tokens included. */
  readonly max_seq_length: number;
  /** The prompts that the model's files have, by name. */
  readonly prompts: Readonly<Record<string, string>>;
  /** The prompt of a call that names none; `null` for no prompt. */
  readonly default_prompt_name: string | null;
  /** How the model's embeddings are compared. */
  readonly similarity_fn_name: Similarity;
  /**
   * How alike each of some embeddings is to each of others, as the model's files say; the larger, the more alike.
   *
   * @throws {TypeError} If one is no float32 embedding of a text, or they are of several sizes.
   */
  similarity(embeddings: Vectors, others: Vectors): number[][];
}

const configs = new WeakMap<FeatureExtractionPipeline<unknown>, SentenceConfig>();

/**
 * The pooling by which a pipeline gives one embedding a text: as it is asked for, else as the model's files say, whatever
 * they say, else the mean.
 */
export function textPooling(
  pipeline: FeatureExtractionPipeline<unknown>,
  asked?: FeatureExtractionOptions["pooling"],
): Pick<FeatureExtractionOptions, "pooling"> {
  if (asked !== undefined) return { pooling: asked };
  const { modes, missing } = configs.get(pipeline) ?? NO_SENTENCE_CONFIG;
  return modes.length > 0 || missing !== null ? {} : { pooling: "mean" };
}

/**
 * Makes the pipeline of a loaded model, which it then owns.
 *
 * @param sentence The settings for embeddings in the model's files.
 */
export function createFeatureExtraction(
  parts: TaskParts,
  sentence: SentenceConfig = NO_SENTENCE_CONFIG,
): FeatureExtractionPipeline {
  const engine = new Engine(embeddingsTask(parts, sentence), parts.trunk);
  const call = async (
    input: EmbeddingInput | readonly EmbeddingInput[],
    options: AnyOptions & ListOptions & Partial<OneTensorOptions> = {},
  ) => {
    checkOneTensor(input, options);
    const found: (EmbeddedText | Error)[] = isList(input)
      ? await engine.many(input, options)
      : [await engine.one(input, options)];
    const { precision = "float32" } = options;
    const own = () => rangesOf(found.flatMap((one) => one instanceof Error ? [] : [one.embedding]));
    const ranges = options.ranges ?? (needsRanges(precision) ? own() : undefined);
    const answers = found.map((one) => one instanceof Error ? one : answerOf(one, precision, ranges));
    if (!isList(input)) return answers[0];
    return options.convert_to_tensor ? joined(answers as Tensor[], precision) : answers;
  };
  const stream = (texts: Inputs<EmbeddingInput>, options: AnyOptions & StreamOptions = {}) => {
    checkOneTensor(null, options);
    const embedded = engine.stream(texts, options);
    const { precision = "float32", ranges } = options;
    if (needsRanges(precision) && ranges === undefined) {
      throw new RangeError(`Cannot embed a stream as ${precision} without ranges: they are known at its end alone`);
    }
    return answersOf(embedded, precision, ranges);
  };
  const { prompts, defaultPrompt, similarity } = sentence;
  const pipeline = Object.assign(
    asPipeline<FeatureExtractionPipeline, Parameters<typeof call>, Parameters<typeof stream>>(
      { name: "feature-extraction", call, stream, remake: (others) => createFeatureExtraction(others, sentence) },
      parts,
    ),
    {
      max_seq_length: mostTokens(parts, sentence.maximum),
      prompts,
      default_prompt_name: defaultPrompt,
      similarity_fn_name: similarity,
      similarity: (embeddings: Vectors, others: Vectors) => similarities(embeddings, others, similarity),
    },
  );
  configs.set(pipeline, sentence);
  return pipeline;
}

/** @throws {TypeError} If one tensor is asked for of something else than a list, or with errors in it. */
function checkOneTensor(
  input: EmbeddingInput | readonly EmbeddingInput[] | null,
  { convert_to_tensor, errors }: ListOptions & Partial<OneTensorOptions>,
): void {
  if (!convert_to_tensor) return;
  const found = input === null
    ? "a stream"
    : !isList(input)
    ? "one text"
    : errors === "yield"
    ? 'errors "yield"'
    : null;
  if (found === null) return;
  throw new TypeError(`Cannot embed texts: convert_to_tensor is for a list whose errors are thrown, got ${found}`);
}

/** `[N, H]` of `[1, H]` each; `[0, 0]` of none. */
function joined(embeddings: readonly Tensor[], precision: Precision): Tensor {
  return embeddings.length === 0 ? quantize(new Tensor("float32", [], [0, 0]), precision, [[], []]) : cat(embeddings);
}

async function* answersOf(texts: AsyncIterable<EmbeddedText | Error>, precision: Precision, ranges?: Ranges) {
  for await (const one of texts) yield one instanceof Error ? one : answerOf(one, precision, ranges);
}

/** What a text gives: its embedding, or that and its windows with theirs. */
function answerOf({ embedding, windows }: EmbeddedText, precision: Precision, ranges?: Ranges) {
  const whole = quantize(embedding, precision, ranges);
  if (windows === null) return whole;
  return {
    embedding: whole,
    windows: windows.map(({ place, embedding }) => ({ ...place, embedding: quantize(embedding, precision, ranges) })),
  };
}
