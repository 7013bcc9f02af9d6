/** Task `text-ranking`: which texts answer a query best, by a classifier with one label (a cross-encoder). */

import { ConfigError } from "../../base/errors.ts";
import type { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { labelLogits } from "../../heads/readouts/labels.ts";
import { NO_RANKING_CONFIG, type RankingConfig } from "../../heads/sentence/ranking.ts";
import { lowerCased } from "../../text/bert_tokenizer.ts";
import { checkString, checkStrings, mostTokens, type SidedTextOptions } from "../engine/encode.ts";
import { Engine } from "../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../engine/parts.ts";
import { aggregated } from "../windows/aggregated.ts";
import { specialTokens } from "../windows/cut_text.ts";
import { WINDOW_OPTIONS, type WindowOptions, windowPlan } from "../windows/options.ts";
import type { WindowPlace } from "../windows/places.ts";
import { type TextWindow, textWindows } from "../windows/text_windows.ts";
import { bestFirstOf, checkTopK, scores } from "./scores.ts";
import type { AnsweringModel, CallOptions, ListOptions, Stream, Task, TaskRun } from "../engine/task.ts";

/** A query and the texts to rank for it. */
export interface RankingQuery {
  /** The query. */
  query: string;
  /** The texts, one at least. */
  texts: readonly string[];
}

/** How well a text, or a window of it, answers a query. */
export interface RankingScore {
  /** Its score for the query: from 0 to 1, unless `raw_scores` or the model's `activation_fn` ask for something else. */
  score: number;
  /** The model's logit, with `return_logits`: it orders texts whose scores are the same. */
  logit?: number;
}

/** A window of a ranked text with its score. */
export interface RankedWindow extends WindowPlace, RankingScore {}

/** A text's place in a ranking. */
export interface RankedText extends RankingScore {
  /** Its place among the texts as they were given, from 0. */
  index: number;
  /** The text, with `return_text`. */
  text?: string;
  /** Its windows from left to right, with `return_windows`. */
  windows?: RankedWindow[];
}

/**
 * Options of {@linkcode TextRankingPipeline}. With `stride` a text is read in windows, the whole query with each, and its
 * score is the largest of theirs (MaxP), or their mean, or that of the first (FirstP; Dai & Callan, SIGIR 2019).
 */
export interface TextRankingOptions extends SidedTextOptions, WindowOptions {
  /** How many texts to give, best first. Default `null`: all. */
  top_k?: number | null;
  /** Give the model's logits, not their sigmoid or what a CrossEncoder's `activation_fn` makes of them. Default `false`. */
  raw_scores?: boolean;
  /** Give each text's logit with its score. Default `false`. */
  return_logits?: boolean;
  /** Give each text with its score. Default `false`. */
  return_text?: boolean;
}

/**
 * Ranks texts for queries, best first. The model reads every pair of query and text together; the pairs are computed in
 * batches.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * async function rankCats(crossEncoder: string) {
 *   using rank = await pipeline("text-ranking", crossEncoder);
 *   return await rank("largest cat", ["the mouse", "the tiger"]); // [{ index: 1, score: 0.9… }, …]
 * }
 * ```
 *
 * @throws {InputError} On an empty query or text, on a query without texts, or on a pair that is longer than the model
 *   takes, or than the `max_seq_length` of `sentence_bert_config.json` beside a CrossEncoder; with `stride` on a query that
 *   leaves a window no more of a text than neighbours share.
 * @throws {RangeError} If an option's value is not allowed.
 */
export interface TextRankingPipeline<Model = NarrowBertForSequenceClassification> extends PipelineOwner<Model> {
  /** The ranking of the texts of a query. */
  (query: string, texts: readonly string[], options?: TextRankingOptions & CallOptions): Promise<RankedText[]>;
  /** The rankings of each query, and an error in place of that of one that cannot be computed. */
  (
    queries: readonly RankingQuery[],
    options: TextRankingOptions & ListOptions & { errors: "yield" },
  ): Promise<(RankedText[] | Error)[]>;
  /** The rankings of each query. */
  (queries: readonly RankingQuery[], options?: TextRankingOptions & ListOptions): Promise<RankedText[][]>;
  /** The rankings of one query after the other. */
  readonly stream: Stream<RankingQuery, RankedText[], TextRankingOptions>;
}

type Options = TextRankingOptions & ListOptions;

/**
 * Makes the pipeline of a loaded classifier, which it then owns.
 *
 * @param settings What the model's files say: of its scores, by default their sigmoid, and of the texts that it reads.
 * @throws {ConfigError} If it has more than one label.
 */
export function createTextRanking(
  parts: TaskParts,
  settings: RankingConfig = NO_RANKING_CONFIG,
): TextRankingPipeline {
  const { num_labels, id2label } = parts.model.config;
  if (num_labels !== 1) {
    throw new ConfigError(
      `Cannot rank texts: the model must have one label, got ${num_labels} (${Object.values(id2label).join(", ")}); ` +
        "take one that was trained to score pairs of query and text",
    );
  }
  const engine = new Engine(rankingTask(parts, settings), parts.trunk);
  const call = (first: string | readonly RankingQuery[], second?: readonly string[] | Options, options?: Options) =>
    isList(first)
      ? engine.many(first, second as Options)
      : engine.one({ query: first, texts: second as readonly string[] }, options);
  return asPipeline({
    name: "text-ranking",
    call,
    stream: engine.stream,
    remake: (others) => createTextRanking(others, settings),
  }, parts);
}

/** A window of one of a query's texts. */
interface RankedItem extends TextWindow {
  /** Which text. */
  readonly index: number;
}

function rankingTask(
  parts: PipelineParts<AnsweringModel>,
  { activation, maximum: limit, lowerCase }: RankingConfig,
): Task<RankingQuery, RankedText[], TextRankingOptions> {
  const { model } = parts;
  const maximum = mostTokens(parts, limit);
  const tokenizer = lowerCase ? lowerCased(parts.tokenizer) : parts.tokenizer;
  const capacity = maximum - specialTokens(tokenizer, { isPair: true }) - 1; // beside the shortest query
  return {
    model,
    action: "rank the texts of",
    noun: "query",
    options: [
      "top_k",
      "raw_scores",
      "return_logits",
      "return_text",
      "truncation",
      "truncation_side",
      ...WINDOW_OPTIONS,
    ],
    begin(asked): TaskRun<RankingQuery, RankedText[], RankedItem> {
      const { top_k = null, raw_scores = false, return_logits = false, return_text = false, ...options } = asked;
      const { truncation, truncation_side } = options;
      checkTopK(top_k, "rank texts");
      const plan = windowPlan(options, { action: "rank texts", capacity, usual: "max" });
      const scored = (logits: number[]) =>
        raw_scores || activation === null ? scores(logits, raw_scores ? "none" : "sigmoid") : logits.map(activation);
      const scoreOf = (score: number, logit: number) => ({ score, ...(return_logits && { logit }) });
      return {
        pack(request, name) {
          const subject = `rank the texts of ${name}`;
          const { query, texts } = request ?? {};
          checkString(query, subject, "its query");
          checkStrings(texts, { subject, noun: "text" });
          const context = {
            tokenizer,
            maximum,
            subject,
            first: "its query",
            truncation,
            plan,
            side: "text_pair",
            options: { truncation_side },
          } as const;
          return texts.flatMap((text, index) =>
            textWindows({ text: query, text_pair: text }, context).map((window) => ({ ...window, index }))
          );
        },
        readout: labelLogits,
        ask: () => ({}),
        collect(results, items, { texts }) {
          const logits = results.map(({ values }) => values[0]!);
          const found = scored(logits);
          const windows = texts.map((): number[] => []);
          items.forEach(({ index }, i) => windows[index]!.push(i));
          const joined = (numbers: readonly number[]) =>
            windows.map((own) => aggregated(own.map((i) => [numbers[i]!]), plan?.aggregation ?? "first")[0]!);
          const [all, raw] = [joined(found), joined(logits)];
          return bestFirstOf(all, raw).slice(0, top_k ?? undefined).map((index): RankedText => ({
            index,
            ...scoreOf(all[index]!, raw[index]!),
            ...(return_text && { text: texts[index]! }),
            ...(plan?.isShown && {
              windows: windows[index]!.map((i) => ({ ...items[i]!.place!, ...scoreOf(found[i]!, logits[i]!) })),
            }),
          }));
        },
      };
    },
  };
}
