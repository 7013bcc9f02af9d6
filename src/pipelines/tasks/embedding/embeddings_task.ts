/** From texts to embeddings in float32: the options of a call, and how they are computed. */

import { ConfigError } from "../../../base/errors.ts";
import { Tensor } from "../../../base/tensor.ts";
import type { PoolingMode } from "../../../heads/readouts/pooled_state.ts";
import { type SentenceConfig, widthOf } from "../../../heads/sentence/sentence_config.ts";
import { lowerCased } from "../../../text/bert_tokenizer.ts";
import {
  checkString,
  encodingOf,
  isTokenInput,
  mostTokens,
  type SidedTextOptions,
  type TokenInput,
} from "../../engine/encode.ts";
import type { PipelineParts } from "../../engine/parts.ts";
import type { AnsweringModel, Item, Task, TaskRun } from "../../engine/task.ts";
import { readCutText, specialTokens } from "../../windows/cut_text.ts";
import { WINDOW_OPTIONS, type WindowOptions, type WindowPlan, windowPlan } from "../../windows/options.ts";
import type { WindowPlace } from "../../windows/places.ts";
import { textWindows, type WindowContext } from "../../windows/text_windows.ts";
import { tokenWindows, wordBegins } from "../../windows/token_windows.ts";
import { checkEmpty, modesOf, planPooling, type Pooling, POOLINGS } from "../pooling.ts";
import { type Precision, PRECISIONS, type Ranges } from "../precision.ts";
import { promptLength, promptOf, type PromptOptions } from "../prompts.ts";
import { type Finish, finished, joinedVector, modulesBehind, type Vector } from "./vectors.ts";

/**
 * Options of a call of `feature-extraction`. With `stride` each window of a text is embedded as a text of its own, with its
 * prompt. The text's embedding is the mean of theirs, or their largest numbers, or that of the first, and has length 1 again
 * if theirs have. With the pooling `none` each token has its state from the window with more of its context, and there is
 * nothing to join.
 */
export interface FeatureExtractionOptions<P extends Precision = Precision, W extends boolean = false>
  extends SidedTextOptions, PromptOptions, WindowOptions<W> {
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

/** What is embedded: a text, or one that is tokenized already, which takes no prompt and is not read in windows. */
export type EmbeddingInput = string | TokenInput;

/** Options of a call that gives one tensor for a list of texts. */
export interface OneTensorOptions {
  /** One tensor `[N, H]` for a list of N texts, as in sentence-transformers; it takes one embedding a text. */
  convert_to_tensor: true;
}

/** A text's embedding as float32, and those of its windows if they are asked for. */
export interface EmbeddedText {
  readonly embedding: Tensor;
  readonly windows: readonly { readonly place: WindowPlace; readonly embedding: Tensor }[] | null;
}

/** A text, or a window of one. */
interface EmbeddedItem extends Item {
  readonly place?: WindowPlace;
  /** Positions of the tokens whose states are read, without pooling. @default all */
  readonly positions?: readonly number[];
}

/** Every text's embeddings as float32. */
export function embeddingsTask(
  parts: PipelineParts<AnsweringModel>,
  sentence: SentenceConfig,
): Task<EmbeddingInput, EmbeddedText, FeatureExtractionOptions<Precision, boolean> & Partial<OneTensorOptions>> {
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
      "convert_to_tensor",
      ...WINDOW_OPTIONS,
    ],
    begin(options): TaskRun<EmbeddingInput, EmbeddedText, EmbeddedItem> {
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
      const pooling = planPooling(modes, sentence.tokenModules);
      const finish = { modules, width, dimensions, normalize: normalize === true };
      const head = { tokens: tokenizer.encode(prompt, { add_special_tokens: false }).length, length: prompt.length };
      const capacity = maximum - specialTokens(tokenizer) - head.tokens;
      const beside = prompt === "" ? undefined : "the prompt";
      const plan = windowPlan(options, { action: "embed texts", capacity, beside });
      if (modes.length === 0) checkUnpooled(options);
      if (options.convert_to_tensor) checkOneTensor(options, modes);
      return {
        pack(text, name) {
          const subject = `embed ${name}`;
          if (isTokenInput(text)) {
            checkNoWindows(plan, subject);
            return [{ encoding: encodingOf(text, { maximum, subject, truncation, truncation_side }) }];
          }
          if (prompt !== "") checkString(text, subject);
          const whole = typeof text === "string" ? prompt + text : text;
          const reading = { tokenizer, maximum, subject, needs: "nothing", truncation, plan, head } as const;
          const context = { ...reading, options: { truncation_side } };
          const isByToken = modes.length === 0 && plan !== null;
          const items = isByToken ? stateWindows(whole, { ...context, plan }) : textWindows(whole, context);
          if (from < items[0]!.encoding.input_ids.length) return items;
          checkEmpty(modes, { subject, text });
          return [];
        },
        readout: pooling.readout,
        ask({ encoding, positions }) {
          return positions === undefined ? pooling.ask({ tokens: encoding.input_ids.length, from }) : { positions };
        },
        collect(results, items) {
          const states = results.map((result) => result.values as Float32Array);
          if (modes.length === 0) return { embedding: statesTensor(states, { hidden_size, finish }), windows: null };
          const vectors = items.map(({ encoding }, i) => {
            return pooling.finish?.(states[i]!, { tokens: encoding.input_ids.length, from }) ?? states[i]!;
          });
          if (vectors.length === 0) vectors.push(new Float32Array(pooled)); // nothing is left of the text
          const tensor = (of: readonly Vector[]) =>
            new Tensor("float32", joinedVector(of, finish, plan?.aggregation ?? "first"), [1, dimensions]);
          const windows = () => items.map(({ place }, i) => ({ place: place!, embedding: tensor([vectors[i]!]) }));
          return { embedding: tensor(vectors), windows: plan?.isShown ? windows() : null };
        },
      };
    },
  };
}

/** The windows of a text of whose tokens each has its state, from the window with more of its context. */
function stateWindows(
  text: string,
  { plan, head, ...context }: WindowContext & { plan: WindowPlan },
): EmbeddedItem[] {
  const cut = readCutText(text, { ...context, head: head?.tokens, options: { return_word_ids: true } });
  const { stride } = plan;
  return tokenWindows(cut, { begins: wordBegins(cut), maximum: context.maximum, stride }).map(
    ({ encoding, first, last, shift }) => ({
      encoding,
      positions: Array.from({ length: last - first }, (_, i) => first + i - shift),
    }),
  );
}

/** The states of all tokens, `[1, tokens, H]`. */
function statesTensor(
  windows: readonly Float32Array[],
  { hidden_size, finish }: { hidden_size: number; finish: Finish },
): Tensor {
  const tokens = windows.reduce((sum, { length }) => sum + length, 0) / hidden_size;
  const data = new Float32Array(tokens * finish.dimensions);
  let row = 0;
  for (const states of windows) {
    for (let at = 0; at < states.length; at += hidden_size) {
      data.set(finished(states.subarray(at, at + hidden_size), finish), row++ * finish.dimensions);
    }
  }
  return new Tensor("float32", data, [1, tokens, finish.dimensions]);
}

/** The poolings that the model's files name. @throws {ConfigError} If they ask for something that is not there. */
function filedModes({ modes, missing }: SentenceConfig): readonly PoolingMode[] {
  if (missing === null) return modes;
  throw new ConfigError(
    `Cannot embed texts as the model's files say: they ask for ${missing}; ${
      POOLINGS.join(", ")
    } can be computed of the ` +
      "model's states alone; choose one by pooling",
  );
}

/** Checks that nothing is asked for that there is of one embedding a text alone. */
function checkUnpooled({ aggregation, return_windows }: WindowOptions): void {
  const wrong = aggregation !== undefined ? "aggregation" : return_windows ? "return_windows" : null;
  if (wrong === null) return;
  throw new RangeError(
    `Cannot embed texts: ${wrong} is about one embedding a window, and without pooling each token has one; choose a pooling`,
  );
}

function checkPrecision(
  { precision = "float32", ranges }: Pick<FeatureExtractionOptions, "precision" | "ranges">,
  dimensions: number,
): void {
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

/** @throws {RangeError} If the embeddings of a list cannot be one tensor. */
function checkOneTensor(
  { return_windows }: FeatureExtractionOptions<Precision, boolean>,
  modes: readonly PoolingMode[],
): void {
  const found = modes.length === 0 ? 'pooling "none"' : return_windows ? "return_windows" : null;
  if (found === null) return;
  throw new RangeError(`Cannot embed texts: convert_to_tensor must have one embedding a text, and ${found} gives more`);
}

/** @throws {TypeError} If windows are asked for of tokens, which have no text. */
function checkNoWindows(plan: WindowPlan | null, subject: string): void {
  if (plan === null) return;
  throw new TypeError(`Cannot ${subject}: windows are those of a text, and it is tokenized already; leave out stride`);
}
