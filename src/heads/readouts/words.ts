/** Readouts of a masked language model: likeliest words, logits of all words, how likely given words are. */

import { describe } from "../../base/messages.ts";
import { softmax } from "../../base/softmax.ts";
import { MAX_TOP_K } from "../../kernels/rows/top_k.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { traceRowLosses } from "../labels.ts";
import { MASKED_LM, type MaskedLMHead, traceTopWords } from "../layers/masked_lm.ts";
import {
  defineChangingReadout,
  defineReadout,
  type Outputs,
  positionsOf,
  type RowRange,
  rowsOf,
} from "./definition.ts";
import type { ChangingReadout, PositionsAsk, Readout, ReadoutAnswer } from "./readout.ts";

/** Options of {@linkcode topWords}. */
export interface TopWordsAsk extends PositionsAsk {
  /** Words for each position, likeliest first: from 1 to 128 and the size of the vocabulary. @default 5 */
  readonly top_k?: number;
}

/** The likeliest words of each position. */
export interface TopWordsAnswer extends ReadoutAnswer {
  /** Their probabilities, `[positions, top_k]`. */
  readonly values: ArrayLike<number>;
  /** Their ids, `[positions, top_k]`. */
  readonly words: Uint32Array;
}

const vocabulary = ({ vocab_size }: NarrowBertConfig) => vocab_size;

const topK = ({ top_k = 5 }: TopWordsAsk) => top_k;

function checkTopK(ask: TopWordsAsk, { vocab_size }: NarrowBertConfig): void {
  const most = Math.min(MAX_TOP_K, vocab_size);
  if (Number.isInteger(topK(ask)) && topK(ask) >= 1 && topK(ask) <= most) return;
  throw new RangeError(`top_k must be a whole number from 1 to ${most}, got ${ask.top_k}`);
}

/** `top_words`: the likeliest words at some positions, chosen on the GPU. */
export const topWords: Readout<"top_words", TopWordsAsk, TopWordsAnswer> = defineReadout({
  name: "top_words",
  options: ["positions", "top_k"],
  head: MASKED_LM,
  columns: vocabulary,
  rows(ask, about) {
    checkTopK(ask, about.config);
    return positionsOf(ask, about);
  },
  trace: (g, rows, head) => traceTopWords(g, head.apply(g, rows), "top_words.k"),
  inputs: (asked) => ({ scalars: { "top_words.k": Math.max(1, ...asked.map(({ ask }) => topK(ask))) } }),
  inputKey: topK,
  answer: takeTopWords,
});

/** Options of {@linkcode maskedWords}. */
export interface MaskedWordsAsk extends TopWordsAsk {
  /** The word that stands for a masked one: `tokenizer.mask_token_id`. */
  readonly mask_token_id: number;
}

/**
 * `masked_words`: the likeliest words at some positions if all of them were masked, whatever stands there. The text is
 * encoded once more for them.
 */
export const maskedWords: ChangingReadout<"masked_words", MaskedWordsAsk, TopWordsAnswer> = defineChangingReadout<
  "masked_words",
  MaskedWordsAsk,
  TopWordsAnswer,
  MaskedLMHead
>({
  name: "masked_words",
  options: ["positions", "top_k", "mask_token_id"],
  head: MASKED_LM,
  columns: vocabulary,
  rows(ask, about) {
    checkTopK(ask, about.config);
    const { mask_token_id: mask } = ask;
    if (!isWord(mask, about.config)) {
      throw new RangeError(
        `mask_token_id must be a word from 0 to ${about.config.vocab_size - 1}, got ${describe(mask)}`,
      );
    }
    return positionsOf(ask, about);
  },
  tokens({ positions, mask_token_id }, tokens) {
    const masked = new Set(Array.from(positions));
    const input_ids = Array.from(tokens.input_ids, (word, position) => masked.has(position) ? mask_token_id : word);
    return { ...tokens, input_ids };
  },
  trace: (g, rows, head) => traceTopWords(g, head.apply(g, rows), "masked_words.k"),
  inputs: (asked) => ({ scalars: { "masked_words.k": Math.max(1, ...asked.map(({ ask }) => topK(ask))) } }),
  inputKey: topK,
  answer: takeTopWords,
});

/** A question's words and their probabilities. */
function takeTopWords(outputs: Outputs, { first, count }: RowRange, ask: TopWordsAsk): TopWordsAnswer {
  const [scores, indices] = [outputs("scores"), outputs("indices")];
  const most = scores.dims[1] as number; // of all questions of the pass
  const k = topK(ask);
  const values = new Float32Array(count * k);
  const words = new Uint32Array(count * k);
  for (let i = 0; i < count; i++) {
    const from = (first + i) * most;
    values.set(scores.data.subarray(from, from + k), i * k);
    words.set(indices.data.subarray(from, from + k), i * k);
  }
  return { values, words };
}

/** `word_logits`: the logits of all words at some positions, `[positions, V]`. */
export const wordLogits: Readout<"word_logits", PositionsAsk> = defineReadout({
  name: "word_logits",
  options: ["positions"],
  head: MASKED_LM,
  columns: vocabulary,
  rows: positionsOf,
  trace: (g, rows, head) => ({ logits: head.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
});

/** Options of {@linkcode targetWords}. */
export interface TargetWordsAsk extends TopWordsAsk {
  /** The words to choose from. */
  readonly targets: ArrayLike<number>;
}

/**
 * `target_words`: the likeliest of some words at some positions, with their probabilities among all words. The logits
 * of a choice alone do not make probabilities, so those of all words are read back.
 */
export const targetWords: Readout<"target_words", TargetWordsAsk, TopWordsAnswer> = defineReadout({
  name: "target_words",
  options: ["positions", "top_k", "targets"],
  head: MASKED_LM,
  columns: vocabulary,
  rows(ask, about) {
    const { targets } = ask;
    if (typeof targets !== "object" || targets === null || typeof targets.length !== "number") {
      throw new TypeError(`targets must be an array of words, got ${describe(targets)}`);
    }
    checkWords("targets", targets, about.config);
    checkTopK(ask, about.config);
    return positionsOf(ask, about);
  },
  trace: (g, rows, head) => ({ logits: head.apply(g, rows) }),
  answer(outputs, rows, ask) {
    const logits = outputs("logits");
    const columns = logits.dims[1] as number;
    const found: { word: number; value: number }[] = [];
    for (let i = 0; i < rows.count; i++) {
      const from = (rows.first + i) * columns;
      const probabilities = softmax(logits.data.subarray(from, from + columns));
      const ranked = Array.from(ask.targets, (word) => ({ word, value: probabilities[word] as number }));
      found.push(...ranked.sort((a, b) => b.value - a.value).slice(0, topK(ask)));
    }
    return {
      values: found.map(({ value }) => value),
      words: Uint32Array.from(found, ({ word }) => word),
    };
  },
});

/** Checks words by their ids. */
function checkWords(name: string, words: ArrayLike<number>, config: NarrowBertConfig): void {
  for (let i = 0; i < words.length; i++) {
    if (isWord(words[i], config)) continue;
    throw new RangeError(`${name}[${i}] must be a word from 0 to ${config.vocab_size - 1}, got ${words[i]}`);
  }
}

function isWord(word: unknown, { vocab_size }: NarrowBertConfig): boolean {
  return typeof word === "number" && Number.isInteger(word) && word >= 0 && word < vocab_size;
}

/** Options of {@linkcode wordProbabilities}. */
export interface WordProbabilitiesAsk extends PositionsAsk {
  /** A word for each position. */
  readonly words: ArrayLike<number>;
}

/** `word_probabilities`: the natural logarithm of a given word's probability at each position, `[positions]`. */
export const wordProbabilities: Readout<"word_probabilities", WordProbabilitiesAsk> = defineReadout({
  name: "word_probabilities",
  options: ["positions", "words"],
  head: MASKED_LM,
  columns: vocabulary,
  rows(ask, about) {
    const positions = positionsOf(ask, about);
    if (ask.words?.length !== positions.length) {
      throw new RangeError(
        `words must name a word for each of ${positions.length} positions, got ${ask.words?.length}`,
      );
    }
    checkWords("words", ask.words, about.config);
    return positions;
  },
  trace: (g, rows, head) => ({ losses: traceRowLosses(g, head.apply(g, rows), "word_probabilities.words") }),
  inputs(asked) {
    const words = new Uint32Array(asked.reduce((sum, { count }) => sum + count, 0));
    let at = 0;
    for (const { ask, count } of asked) for (let i = 0; i < count; i++) words[at++] = ask.words[i] as number;
    return { inputs: { "word_probabilities.words": words } };
  },
  inputKey: ({ words }) => Array.from(words).join(),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("losses"), rows).map((loss) => 0 - loss) }),
});
