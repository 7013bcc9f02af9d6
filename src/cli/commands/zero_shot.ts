/** `narrowbert zero-shot`: which of the user's own labels fit texts. */

import type { ScoredLabels } from "../../pipelines/tasks/zero_shot_classification.ts";
import { textOf } from "../inputs/questions.ts";
import { flag, list, UsageError, value } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { fieldColumns, numbered } from "../outputs/columns.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";
import { WINDOW_OPTIONS, windowColumn, windowOptions } from "../windows.ts";

/** The command. */
export const zeroShot = textCommand({
  name: "zero-shot",
  about: `\
Says which of your own labels fit texts, by a model of natural language inference. Prints for each
label, best first: label, score, text.
As JSON: { text, labels: [{ label, score }] }; with --windows [{ start, end, text, labels }] besides,
start and end as UTF-16 indices. In a table the columns label_1, score_1, label_2 and so on, best first.`,
  options: {
    ...PIPELINE_OPTIONS,
    labels: list("LABEL,...", "the labels; they must be given"),
    "hypothesis-template": value("TEXT", "what a label says of a text, with {} for the label (This example is {}.)"),
    "multi-label": flag("score each label by itself, as several may fit"),
    ...WINDOW_OPTIONS,
  },
  examples: [
    'narrowbert zero-shot --model models/nli --labels travel,animals "a large wild cat"',
    "narrowbert zero-shot --model models/nli --labels urgent,later --input mails.csv --jsonl",
  ],
  question: textOf,
  async open(values, loading) {
    const { labels, truncate: truncation, "hypothesis-template": hypothesis_template, "multi-label": multi_label } =
      values;
    if (labels === undefined) throw new UsageError("no labels: give --labels");
    const own = { truncation, hypothesis_template, multi_label, ...windowOptions(values) };
    const classify = await loadPipeline("zero-shot-classification", values, loading);
    const columns = [
      ...numbered(labels.length, fieldColumns("label", "score"), scored),
      ...windowColumn(values.windows),
    ];
    return answerBy(classify, (texts, options) => classify.stream(texts, labels, { ...options, ...own }), columns);
  },
  json: ({ windows, ...answer }) => ({
    labels: scored(answer),
    ...(windows !== undefined && {
      windows: windows.map(({ labels, scores, ...place }) => ({ ...place, labels: scored({ labels, scores }) })),
    }),
  }),
  tables: ({ labels, scores, sequence }) => [
    labels.map((label, i) => [label, scores[i]!.toFixed(4), shortened(sequence)]),
  ],
  apart: true,
});

/** Labels with their scores. */
function scored({ labels, scores }: ScoredLabels) {
  return labels.map((label, i) => ({ label, score: scores[i]! }));
}
