/** `narrowbert rank`: texts in the order of how well they answer a query. */

import { InputError } from "../../base/errors.ts";
import { entriesOf, objectOf, without } from "../../base/json.ts";
import { bestFirstOf } from "../../pipelines/tasks/scores.ts";
import type { RankedText, RankingQuery } from "../../pipelines/tasks/text_ranking.ts";
import { textOf } from "../inputs/questions.ts";
import type { Fields } from "../../io/records/record.ts";
import { count, flag, UsageError, value } from "../options.ts";
import { joined } from "../outputs/outputs.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";
import { WINDOW_OPTIONS, windowOptions } from "../windows.ts";

/** The command. */
export const rank = textCommand({
  name: "rank",
  about: `\
Orders texts by how well they answer a query, best first. With --query all texts are ranked for it;
without, each object of a .jsonl file has a "query" and its "texts". Prints score and text.
As JSON: { query, texts: [{ index, score, text }] }, where index counts the texts from 0 as they
were given; with --query the further fields of a text are printed beside its own. With --windows a
text has its windows too: [{ start, end, text, score }], start and end as UTF-16 indices. In a table
a row for each text, best first; without --query a row for each query, with a JSON list texts.`,
  options: {
    ...PIPELINE_OPTIONS,
    query: value("TEXT", "what the texts are ranked for"),
    "top-k": count("how many texts, best first (all)"),
    "raw-scores": flag("print the model's logits as they are, rather than numbers from 0 to 1"),
    ...WINDOW_OPTIONS,
  },
  examples: [
    'narrowbert rank --model models/ranker --query "the largest cat" "the tiger" "the mouse"',
    'narrowbert rank --model models/ranker --query "the largest cat" --input animals.txt --top-k 10',
    "narrowbert rank --model models/ranker --input queries.jsonl --jsonl",
  ],
  check({ query }, texts) {
    if (query?.trim() === "") throw new UsageError(`--query must hold a word, got "${query}"`);
    if (query === undefined && texts.length > 0) {
      throw new UsageError('no query: give --query, or objects with "query" and "texts" from a .jsonl file');
    }
  },
  question(fields, { query: asked }) {
    if (asked !== undefined) return { query: asked, texts: [textOf(fields)] };
    const { query, texts } = fields;
    if (typeof query === "string" && Array.isArray(texts)) return { query, texts };
    throw new InputError('must be an object with a "query" and a list of "texts", as --query is not given');
  },
  async open({ truncate: truncation, "raw-scores": raw_scores, "top-k": top_k, ...values }, loading) {
    // Texts of one --query are answered one by one, and put in order in the end, those of equal scores by their logits.
    const return_logits = values.query !== undefined;
    const own = { raw_scores, return_logits, return_text: true, truncation, top_k, ...windowOptions(values) };
    const rank = await loadPipeline("text-ranking", values, loading);
    return answerBy(
      rank,
      (queries: AsyncIterable<RankingQuery>, options) => rank.stream(queries, { ...options, ...own }),
      [{ name: "texts", value: (texts) => texts }],
    );
  },
  gather({ query, "top-k": top, windows }) {
    if (query === undefined) return undefined;
    return (answered) => {
      const texts = answered.map(({ index, fields, answer: [ranked] }) => {
        return joined(without(fields, "text"), { ...ranked!, index });
      });
      const order = bestFirstOf(texts.map(({ score }) => score), texts.map(({ logit }) => logit!));
      return { fields: { query }, answer: order.slice(0, top).map((i) => withoutLogits(texts[i]!, windows)) };
    };
  },
  json: (texts) => ({ texts }),
  listed: {
    columns: ["index", "score", "text", "windows"],
    repeats: ["text"],
    rows: (texts) => texts as readonly unknown[] as readonly Fields[],
  },
  repeats: ["texts"],
  tables: (ranking) => [ranking.map(({ score, text }) => [score.toFixed(4), shortened(text!)])],
  apart: true,
});

/** A text without the logits that it was put in order by. @param hasWindows Whether its windows are the answer's. */
function withoutLogits(text: RankedText, hasWindows: boolean): RankedText {
  const bare = without(text, "logit") as RankedText & Fields;
  if (!hasWindows) return bare;
  const shown = bare.windows!.map((window) => without(window, "logit"));
  return objectOf(entriesOf(bare).map(([name, value]) => [name, name === "windows" ? shown : value])) as typeof bare;
}
