/** `narrowbert rank`: texts in the order of how well they answer a query. */

import { InputError } from "../../base/errors.ts";
import type { RankingQuery } from "../../pipelines/text_ranking.ts";
import type { Item } from "../inputs.ts";
import { count, flag, value } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { shortened } from "../table.ts";
import { textCommand, textOf } from "../text_command.ts";

/** The command. */
export const rank = textCommand({
  name: "rank",
  about: `\
Orders texts by how well they answer a query, best first. With --query all texts are ranked for it;
without, each object of a .jsonl file has a "query" and its "texts". Prints score and text.
As JSON: { query, texts: [{ index, score, text }] }.`,
  options: {
    ...PIPELINE_OPTIONS,
    query: value("TEXT", "what the texts are ranked for"),
    "top-k": count("how many texts, best first (all)"),
    "raw-scores": flag("print the model's logits as they are, rather than numbers from 0 to 1"),
  },
  examples: [
    'narrowbert rank --model models/ranker --query "the largest cat" "the tiger" "the mouse"',
    'narrowbert rank --model models/ranker --query "the largest cat" --input animals.txt --top-k 10',
    "narrowbert rank --model models/ranker --input queries.jsonl --jsonl",
  ],
  question(fields, { query: asked }) {
    if (asked !== undefined) return { query: asked, texts: [textOf(fields)] };
    const { query, texts } = fields;
    if (typeof query === "string" && Array.isArray(texts)) return { query, texts };
    throw new InputError('must be an object with a "query" and a list of "texts", as --query is not given');
  },
  prepare: (items, { query }) => query === undefined ? items : numbered(items),
  async open({ model, truncate: truncation, "raw-scores": raw_scores, "top-k": top }, loading) {
    const rank = await loadPipeline("text-ranking", { model }, loading);
    return answerBy(rank, async function* (queries: AsyncIterable<RankingQuery>, options) {
      const own = { raw_scores, return_text: true, truncation };
      for await (const ranking of rank.stream(queries, { ...options, ...own })) {
        yield ranking instanceof Error ? ranking : ranking.slice(0, top);
      }
    });
  },
  gather({ query, "top-k": top }) {
    if (query === undefined) return undefined;
    return (answered) => {
      const texts = answered.map(({ fields, answer: [text] }) => ({ ...text!, index: fields.index as number }));
      return { fields: { query }, answer: texts.sort((a, b) => b.score - a.score).slice(0, top) };
    };
  },
  json: (texts) => ({ texts }),
  repeats: ["texts"],
  tables: (ranking) => [ranking.map(({ score, text }) => [score.toFixed(4), shortened(text!)])],
  apart: true,
});

/** Texts that are each a question of their own, with a place for arguments too: the pipeline would call it a query. */
async function* numbered(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  let index = 0;
  for await (const { fields, ...item } of items) {
    const place = item.place ?? `text ${index + 1}`;
    yield { ...item, place, fields: fields instanceof InputError ? fields : { text: fields.text, index } };
    index++;
  }
}
