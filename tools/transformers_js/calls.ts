/** The calls that are recorded: what a user of transformers.js asks, and what this library answers in another way. */

import type { PipelineCase } from "../../tests/golden/pipelines/pipeline_case.ts";

type Model = PipelineCase["model"];

const CAT = "a [MASK] wild cat with a striped coat";
const KING = "the [MASK] of a king";
const TWO_MASKS = "the [MASK] of a [MASK]";
const ANNA = "Anna Kovács moved from Budapest to New York in 1999.";
const FOX = "the quick brown fox, unbelievably, jumped over Mr. O'Neill's re-entry gate!";
const SHORT = "a large animal";
const UNKNOWN = "Zoë met 太郎 and 😀 at the Ω café";
const LONG = Array.from({ length: 90 }, (_, i) => i % 3 === 0 ? "wild cat" : "animal").join(" ");
const TOPICS = ["travel", "animals", "politics", "weather"];

/** Arguments of a call; with the name of the difference, if this library answers in another way. */
interface Call {
  args: unknown[];
  differs?: string;
}

const same = (...args: unknown[]): Call => ({ args });
const differs = (name: string, ...args: unknown[]): Call => ({ args, differs: name });

/** The calls of each task, by model. */
const CALLS: Record<string, Partial<Record<Model, Call[]>>> = {
  "fill-mask": {
    mlm: [
      same(CAT),
      same(CAT, { top_k: 2 }),
      same([CAT]),
      same([CAT, KING], { top_k: 3 }),
      same(SHORT),
      same([CAT, SHORT]),
      differs("more than 128 words", KING, { top_k: 130 }),
      differs("several masks", TWO_MASKS, { top_k: 2 }),
      differs("an empty list", []),
    ],
  },
  "text-classification": {
    nli: [
      same(ANNA),
      same(ANNA, { top_k: 1 }),
      same(ANNA, { top_k: 2 }),
      same(ANNA, { top_k: null }),
      same(ANNA, { top_k: 9 }),
      same([ANNA]),
      same([ANNA, FOX, SHORT]),
      same([ANNA, FOX], { top_k: 1 }),
      same([ANNA, FOX], { top_k: 2 }),
      same([ANNA, FOX], { top_k: null }),
      same([SHORT], { top_k: null }),
      same(UNKNOWN, { top_k: null }),
      same("", { top_k: null }),
      differs("a pair of texts", { text: ANNA, text_pair: SHORT }, { top_k: null }),
      differs("a text that is too long", LONG, { top_k: null }),
      differs("an empty list", []),
    ],
    "multi-label": [same(ANNA, { top_k: null }), same([ANNA, FOX], { top_k: 2 }), same(FOX)],
    "one-label": [differs("a model with one label", ANNA), differs("a model with one label", [ANNA, FOX])],
  },
  "token-classification": {
    ner: [
      same(ANNA),
      same([ANNA, SHORT]),
      same(FOX, { ignore_labels: [] }),
      same(ANNA, { ignore_labels: ["O", "I-ORG"] }),
      same(SHORT, { aggregation_strategy: "simple", ignore_labels: [] }),
      differs("spaces in a group", FOX, { aggregation_strategy: "simple", ignore_labels: [] }),
      differs("groups over ignored tokens", ANNA, { aggregation_strategy: "simple" }),
      differs("groups over ignored tokens", FOX, { aggregation_strategy: "simple" }),
      differs("strategies of whole words", ANNA, { aggregation_strategy: "first" }),
      differs("words that the vocabulary lacks", UNKNOWN, { ignore_labels: [] }),
      differs("ignoring what is no label", ANNA, { ignore_labels: ["X"] }),
      differs("an empty list", []),
    ],
  },
  "feature-extraction": {
    mlm: [
      same(SHORT),
      same(SHORT, { pooling: "none", normalize: true }),
      ...["mean", "cls"].flatMap((pooling) => [
        same(ANNA, { pooling }),
        same(ANNA, { pooling, normalize: true }),
        differs("embeddings of a list", [ANNA, SHORT], { pooling }),
        differs("embeddings of a list", [ANNA, SHORT], { pooling, normalize: true }),
      ]),
      same("", { pooling: "mean" }),
      differs("embeddings of a list", [SHORT], { pooling: "mean" }),
      differs("states of a list", [SHORT, "cat"]),
      differs("states of a list", [SHORT, "cat"], { pooling: "none", normalize: true }),
      differs("names of poolings", ANNA, { pooling: "first_token" }),
      differs("names of poolings", ANNA, { pooling: "last_token" }),
      differs("names of poolings", ANNA, { pooling: "eos" }),
      differs("the last token of a list", [ANNA, SHORT], { pooling: "last_token" }),
      differs("further poolings", SHORT, { pooling: "max" }),
      differs("signs", [ANNA, SHORT], { pooling: "mean", quantize: true }),
      differs("signs", [ANNA, SHORT], { pooling: "mean", quantize: true, precision: "ubinary" }),
      differs("an empty list", []),
    ],
  },
  "zero-shot-classification": {
    nli: [
      same(ANNA, TOPICS),
      same(ANNA, TOPICS, { multi_label: true }),
      same(ANNA, TOPICS, { hypothesis_template: "This text is about {}." }),
      same([ANNA, FOX], TOPICS),
      same([ANNA], TOPICS, { multi_label: true }),
      same(ANNA, ["animals"]),
      same(ANNA, "animals"),
      same(ANNA, ["animals", "Animals", "travel"]), // The tokenizer gives the first two the same tokens: a tie.
      same(ANNA, ["Animals", "animals", "travel"]),
      same(ANNA, []),
      same([], TOPICS),
      differs("labels in one string", ANNA, "animals, travel"),
      differs("a template without a place", ANNA, TOPICS, { hypothesis_template: "no place for it" }),
    ],
  },
  "text-ranking": { "one-label": [differs("text-ranking", SHORT, [ANNA, FOX])] },
};

/** A call of a pipeline. */
export interface PipelineCall extends Call {
  task: string;
  model: Model;
}

/** All calls of pipelines. */
export const PIPELINE_CALLS: PipelineCall[] = Object.entries(CALLS).flatMap(([task, models]) =>
  Object.entries(models).flatMap(([model, calls]) => calls.map((call) => ({ task, model: model as Model, ...call })))
);

/** Arguments of the tokenizer, whose encodings are recorded, and the logits of a classifier with one label. */
export const ENCODED: [texts: string | string[], options: Record<string, unknown>][] = [
  [ANNA, {}],
  [[ANNA, SHORT, UNKNOWN, ""], { padding: true, truncation: true }],
  [[SHORT, SHORT], { text_pair: [ANNA, FOX], padding: true, truncation: true }],
  [LONG, { truncation: true }],
];

/** Calls of functions. */
export const FUNCTIONS: [name: "cos_sim" | "dot", args: [a: number[], b: number[]]][] = [
  ["cos_sim", [[1, 0, 2], [1, 1, 0.5]]],
  ["dot", [[1, 0, 2], [1, 1, 0.5]]],
];
