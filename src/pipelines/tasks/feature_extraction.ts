/** Task `feature-extraction`: embeddings of texts, or of their tokens. */

import { Tensor } from "../../base/tensor.ts";
import type { NarrowBertModel } from "../../heads/narrow_bert_model.ts";
import type { PoolingMode } from "../../heads/readouts/pooled_state.ts";
import { NO_SENTENCE_CONFIG, type SentenceConfig, widthOf } from "../../heads/sentence/sentence_config.ts";
import {
  checkString,
  encodeText,
  encodingOf,
  isTokenInput,
  mostTokens,
  type SidedTextOptions,
  type TokenInput,
} from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { lowerCased } from "../../text/bert_tokenizer.ts";
import { filedModes, finished, modulesBehind } from "./pooled_vector.ts";
import { checkEmpty, modesOf, planPooling, type Pooling } from "./pooling.ts";
import {
  type Embedding,
  needsRanges,
  type Precision,
  PRECISIONS,
  quantize,
  type Ranges,
  rangesOf,
} from "./precision.ts";
import { promptLength, promptOf, type PromptOptions } from "./prompts.ts";
import type { Vectors } from "../../vectors/matrix.ts";
import type { Similarity } from "../../vectors/similarity.ts";
import { similarities } from "./similarity.ts";
import type { AnsweringModel, CallOptions, Inputs, ListOptions, StreamOptions, Task } from "../engine/task.ts";

/** What is embedded: a text, or one that is tokenized already, which takes no prompt. */
export type EmbeddingInput = string | TokenInput;

/** Options of {@linkcode FeatureExtractionPipeline}. */
export interface FeatureExtractionOptions<P extends Precision = Precision> extends SidedTextOptions, PromptOptions {
  /**
   * `mean` and the others give one embedding a text: the mean over its tokens, special tokens included, or the embedding
   * of `[CLS]` (`cls`) or of the last token (`lasttoken`), of which narrow layers compute that row only. A list joins
   * several. `none` gives an embedding for each token, before any further module. Default: as `modules.json` and
   * `1_Pooling/config.json` beside the model say, else `none`. What `modules.json` puts before the pooling, for each
   * token, and behind it is computed then too.
   */
  pooling?: Pooling | readonly PoolingMode[];
  /**
   * `true` scales every embedding to length 1, at last; `false` leaves out what `modules.json` says about that. Default:
   * as `modules.json` says, where `Normalize` comes before {@linkcode dimensions}.
   */
  normalize?: boolean;
  /**
   * Dimensions to keep, the first ones (Matryoshka). Default: the `truncate_dim` of `config_sentence_transformers.json`,
   * else all.
   */
  dimensions?: number;
  /**
   * Element type. `int8` and `uint8` are 256 steps between the ends of {@linkcode ranges}; `binary` and `ubinary` are
   * signs, eight to a byte. Default `float32`.
   */
  precision?: P;
  /**
   * For `int8` and `uint8`: smallest and largest value of each dimension, taken from many embeddings. Default: those of
   * the call's own embeddings; of a single embedding, its smallest and largest value for all dimensions. The numbers of
   * a text then depend on the other texts of the call, and embeddings of two calls cannot be compared. A stream must be
   * given ranges.
   */
  ranges?: Ranges;
}

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
 *   `sentence_bert_config.json` beside it; on one without a token, if a pooling takes a token's state.
 * @throws {RangeError} If an option's value is not allowed.
 * @throws {ConfigError} If `pooling` is left out, and the model's files ask for something else than these poolings and
 *   the modules Dense, LayerNorm, Normalize and Dropout about them.
 */
export interface FeatureExtractionPipeline<Model = NarrowBertModel> extends PipelineOwner<Model> {
  /** The embeddings of a text. */
  <P extends Precision = "float32">(
    text: EmbeddingInput,
    options?: FeatureExtractionOptions<P> & CallOptions,
  ): Promise<Embedding<P>>;
  /** Those of a list of texts, in their order, and an error in place of those that cannot be computed. */
  <P extends Precision = "float32">(
    texts: readonly EmbeddingInput[],
    options: FeatureExtractionOptions<P> & ListOptions & { errors: "yield" },
  ): Promise<(Embedding<P> | Error)[]>;
  /** Those of a list of texts, in their order. */
  <P extends Precision = "float32">(
    texts: readonly EmbeddingInput[],
    options?: FeatureExtractionOptions<P> & ListOptions,
  ): Promise<Embedding<P>[]>;
  /** Those of a stream of texts, one by one, and an error in place of those that cannot be computed. */
  stream<P extends Precision = "float32">(
    texts: Inputs<EmbeddingInput>,
    options: FeatureExtractionOptions<P> & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<Embedding<P> | Error>;
  /** Those of a stream of texts, one by one; it ends with the error of a text that cannot be computed. */
  stream<P extends Precision = "float32">(
    texts: Inputs<EmbeddingInput>,
    options?: FeatureExtractionOptions<P> & StreamOptions,
  ): AsyncIterableIterator<Embedding<P>>;
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

const configs = new WeakMap<FeatureExtractionPipeline, SentenceConfig>();

/** Whether the files of a pipeline's model say how one embedding a text is made, whatever they say. */
export function hasFiledPooling(pipeline: FeatureExtractionPipeline): boolean {
  const { modes, missing } = configs.get(pipeline) ?? NO_SENTENCE_CONFIG;
  return modes.length > 0 || missing !== null;
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
    options: FeatureExtractionOptions & ListOptions = {},
  ) => {
    const found: (Tensor | Error)[] = isList(input)
      ? await engine.many(input, options)
      : [await engine.one(input, options)];
    const embeddings = found.filter((one) => one instanceof Tensor);
    const { precision = "float32" } = options;
    const ranges = options.ranges ?? (needsRanges(precision) ? rangesOf(embeddings) : undefined);
    const quantized = found.map((one) => one instanceof Tensor ? quantize(one, precision, ranges) : one);
    return isList(input) ? quantized : quantized[0];
  };
  const stream = (texts: Inputs<EmbeddingInput>, options: FeatureExtractionOptions & StreamOptions = {}) => {
    const embeddings = engine.stream(texts, options);
    const { precision = "float32", ranges } = options;
    if (needsRanges(precision) && ranges === undefined) {
      throw new RangeError(`Cannot embed a stream as ${precision} without ranges: they are known at its end alone`);
    }
    return quantizedStream(embeddings, precision, ranges);
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

async function* quantizedStream(embeddings: AsyncIterable<Tensor>, precision: Precision, ranges?: Ranges) {
  for await (const embedding of embeddings) {
    yield embedding instanceof Tensor ? quantize(embedding, precision, ranges) : embedding;
  }
}

/** Every text's embeddings as float32. */
function embeddingsTask(
  parts: PipelineParts<AnsweringModel>,
  sentence: SentenceConfig,
): Task<EmbeddingInput, Tensor, FeatureExtractionOptions> {
  const { model } = parts;
  const { hidden_size } = model.config;
  const maximum = mostTokens(parts, sentence.maximum);
  const tokenizer = sentence.lowerCase ? lowerCased(parts.tokenizer) : parts.tokenizer;
  return {
    model,
    action: "embed",
    noun: "text",
    options: [
      "pooling",
      "normalize",
      "dimensions",
      "precision",
      "ranges",
      "truncation",
      "truncation_side",
      "prompt",
      "prompt_name",
    ],
    begin(options) {
      const { normalize, truncation, truncation_side } = options;
      const modes = options.pooling === undefined ? filedModes(sentence) : modesOf(options.pooling);
      const pooled = modes.length * widthOf(sentence.tokenModules, hidden_size);
      const modules = modes.length === 0 ? [] : modulesBehind(modes, { sentence, pooled, normalize });
      const width = modes.length === 0 ? hidden_size : widthOf(modules, pooled);
      const dimensions = options.dimensions ?? Math.min(sentence.dimensions ?? width, width);
      if (!(Number.isSafeInteger(dimensions) && dimensions >= 1 && dimensions <= width)) {
        throw new RangeError(
          `Cannot embed texts: dimensions must be a whole number from 1 to ${width}, got ${dimensions}`,
        );
      }
      checkPrecision(options, dimensions);
      const prompt = promptOf(options, sentence);
      const isLeftOut = prompt !== "" && !sentence.includePrompt && modes.length > 0;
      const from = isLeftOut ? promptLength(prompt, { tokenizer, maximum }) : 0;
      const plan = planPooling(modes, sentence.tokenModules);
      const finish = { modules, dimensions, normalize: normalize === true };
      return {
        pack(text, name) {
          const subject = `embed ${name}`;
          if (isTokenInput(text)) {
            return [{ encoding: encodingOf(text, { maximum, subject, truncation, truncation_side }) }];
          }
          if (prompt !== "") checkString(text, subject);
          const whole = typeof text === "string" ? prompt + text : text;
          const context = { tokenizer, maximum, subject, needs: "nothing", truncation } as const;
          const encoding = encodeText(whole, { ...context, options: { truncation_side } });
          if (from < encoding.input_ids.length) return [{ encoding }];
          checkEmpty(modes, { subject, text });
          return [];
        },
        readout: plan.readout,
        ask: ({ encoding }) => plan.ask({ tokens: encoding.input_ids.length, from }),
        collect([result], [item]) {
          const tokens = item?.encoding.input_ids.length ?? 0;
          const values = result?.values as Float32Array | undefined ?? new Float32Array(pooled);
          if (modes.length > 0) {
            const vector = tokens > 0 ? plan.finish?.(values, { tokens, from }) ?? values : values;
            return new Tensor("float32", finished(vector, finish), [1, dimensions]);
          }
          const data = new Float32Array(tokens * dimensions);
          for (let row = 0; row < tokens; row++) {
            const state = values.subarray(row * hidden_size, (row + 1) * hidden_size);
            data.set(finished(state, finish), row * dimensions);
          }
          return new Tensor("float32", data, [1, tokens, dimensions]);
        },
      };
    },
  };
}

function checkPrecision({ precision = "float32", ranges }: FeatureExtractionOptions, dimensions: number): void {
  if (!PRECISIONS.includes(precision)) {
    throw new RangeError(`Cannot embed texts: precision must be one of ${PRECISIONS.join(", ")}, got "${precision}"`);
  }
  if (precision.endsWith("binary") && dimensions % 8 !== 0) {
    throw new RangeError(
      `Cannot embed texts as ${precision}: dimensions must be a multiple of 8, as that many make a byte, got ${dimensions}`,
    );
  }
  if (ranges === undefined) return;
  const [starts, ends] = ranges;
  if (starts?.length === dimensions && ends?.length === dimensions) return;
  throw new RangeError(
    `Cannot embed texts: ranges must be two arrays of ${dimensions} numbers, the smallest and largest of each dimension`,
  );
}
