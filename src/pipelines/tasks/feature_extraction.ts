/** Task `feature-extraction`: embeddings of texts, or of their tokens. */

import { ConfigError } from "../../base/errors.ts";
import { Tensor } from "../../base/tensor.ts";
import type { NarrowBertModel } from "../../heads/narrow_bert_model.ts";
import { meanState, states } from "../../heads/readouts/states.ts";
import { encodeText, mostTokens, type TextOptions } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineParts, type SimplePipeline } from "../engine/parts.ts";
import { NO_SENTENCE_CONFIG, type Pooling, POOLINGS, type SentenceConfig } from "./pooling.ts";
import { needsRanges, type Precision, PRECISIONS, quantize, type Ranges, rangesOf } from "./precision.ts";
import type { AnsweringModel, CallOptions, Inputs, StreamOptions, Task } from "../engine/task.ts";

/** Options of {@linkcode FeatureExtractionPipeline}. */
export interface FeatureExtractionOptions extends TextOptions {
  /**
   * `mean` and `cls` give one embedding a text: the mean over its tokens, special tokens included, or the embedding of
   * `[CLS]`; narrow layers then compute `[CLS]` only. `none` gives an embedding for each token. Default: as
   * `modules.json` and `1_Pooling/config.json` beside the model say, else `none`.
   */
  pooling?: Pooling;
  /** Scale every embedding to length 1. Default: whether `modules.json` names a `Normalize` module, else `false`. */
  normalize?: boolean;
  /** Dimensions to keep, the first ones (Matryoshka); {@linkcode normalize} comes after. Default: all. */
  dimensions?: number;
  /**
   * Element type. `int8` and `uint8` are 256 steps between the ends of {@linkcode ranges}; `binary` and `ubinary` are
   * signs, eight to a byte. Default `float32`.
   */
  precision?: Precision;
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
 * @throws {InputError} On an empty text, or one that is longer than the model takes, or than the `max_seq_length` of
 *   `sentence_bert_config.json` beside it.
 * @throws {RangeError} If an option's value is not allowed.
 * @throws {ConfigError} If `pooling` is left out, and the model's files name another one than these.
 */
export type FeatureExtractionPipeline = SimplePipeline<string, Tensor, FeatureExtractionOptions, NarrowBertModel>;

const poolings = new WeakMap<FeatureExtractionPipeline, SentenceConfig["pooling"]>();

/** The pooling that the files of a pipeline's model name; `none` if they name none. */
export function filedPooling(pipeline: FeatureExtractionPipeline): SentenceConfig["pooling"] {
  return poolings.get(pipeline) ?? "none";
}

/**
 * Makes the pipeline of a loaded model, which it then owns.
 *
 * @param sentence The settings for embeddings in the model's files.
 */
export function createFeatureExtraction(
  parts: PipelineParts<AnsweringModel>,
  sentence: SentenceConfig = NO_SENTENCE_CONFIG,
): FeatureExtractionPipeline {
  const engine = new Engine(embeddingsTask(parts, sentence));
  const call = async (input: string | readonly string[], options: FeatureExtractionOptions & CallOptions = {}) => {
    const embeddings = await engine.many(isList(input) ? input : [input], options);
    const { precision = "float32" } = options;
    const ranges = options.ranges ?? (needsRanges(precision) ? rangesOf(embeddings) : undefined);
    const quantized = embeddings.map((embedding) => quantize(embedding, precision, ranges));
    return isList(input) ? quantized : quantized[0];
  };
  const stream = (texts: Inputs<string>, options: FeatureExtractionOptions & StreamOptions = {}) => {
    const embeddings = engine.stream(texts, options);
    const { precision = "float32", ranges } = options;
    if (needsRanges(precision) && ranges === undefined) {
      throw new RangeError(`Cannot embed a stream as ${precision} without ranges: they are known at its end alone`);
    }
    return quantizedStream(embeddings, precision, ranges);
  };
  const pipeline: FeatureExtractionPipeline = asPipeline({ name: "feature-extraction", call, stream }, parts);
  poolings.set(pipeline, sentence.pooling);
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
): Task<string, Tensor, FeatureExtractionOptions> {
  const { model, tokenizer } = parts;
  const { hidden_size } = model.config;
  const maximum = Math.min(mostTokens(parts), sentence.maximum);
  return {
    model,
    action: "embed",
    noun: "text",
    options: ["pooling", "normalize", "dimensions", "precision", "ranges", "truncation"],
    begin(options) {
      const pooling = options.pooling ?? defaultPooling(sentence);
      const { normalize = sentence.normalize, dimensions = hidden_size, truncation } = options;
      if (!POOLINGS.includes(pooling)) {
        throw new RangeError(`Cannot embed texts: pooling must be one of ${POOLINGS.join(", ")}, got "${pooling}"`);
      }
      if (!(Number.isSafeInteger(dimensions) && dimensions >= 1 && dimensions <= hidden_size)) {
        throw new RangeError(
          `Cannot embed texts: dimensions must be a whole number from 1 to ${hidden_size}, got ${dimensions}`,
        );
      }
      checkPrecision(options, dimensions);
      return {
        pack(text, name) {
          const context = { tokenizer, maximum, subject: `embed ${name}`, mayBeEmpty: true, truncation };
          return [{ encoding: encodeText(text, context) }];
        },
        readout: pooling === "mean" ? meanState : states,
        ask: () => pooling === "cls" ? { positions: [0] } : {},
        collect([result], [item]) {
          const tokens = item!.encoding.input_ids.length;
          const rows = Array.from({ length: pooling === "none" ? tokens : 1 }, (_, row) => {
            const embedding = Float32Array.from(
              { length: dimensions },
              (_, i) => result!.values[row * hidden_size + i]!,
            );
            return normalize ? normalized(embedding) : embedding;
          });
          const data = new Float32Array(rows.length * dimensions);
          rows.forEach((row, i) => data.set(row, i * dimensions));
          return new Tensor("float32", data, pooling === "none" ? [1, tokens, dimensions] : [1, dimensions]);
        },
      };
    },
  };
}

/** A vector scaled to length 1; one of length 0 stays as it is. */
function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / Math.max(length, 1e-12));
}

function defaultPooling({ pooling }: SentenceConfig): Pooling {
  if (typeof pooling === "string") return pooling;
  throw new ConfigError(
    `Cannot embed texts as the model's files say: they ask for ${pooling.unknown}, and ${POOLINGS.join(", ")} can be ` +
      "computed; choose one by pooling",
  );
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
