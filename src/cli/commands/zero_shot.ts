/** `narrowbert zero-shot`: which of the user's own labels fit texts. */

import type { ZeroShotLabels } from "../../pipelines/tasks/zero_shot_classification.ts";
import { textOf } from "../inputs/questions.ts";
import { flag, list, UsageError, value } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { fieldColumns, numbered } from "../outputs/columns.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";

/** The command. */
export const zeroShot = textCommand({
  name: "zero-shot",
  about: `\
Says which of your own labels fit texts, by a model of natural language inference. Prints for each
label, best first: label, score, text.
As JSON: { text, labels: [{ label, score }] }. In a table the columns label_1, score_1, label_2 and
so on, best first.`,
  options: {
    ...PIPELINE_OPTIONS,
    labels: list("LABEL,...", "the labels; they must be given"),
    "hypothesis-template": value("TEXT", "what a label says of a text, with {} for the label (This example is {}.)"),
    "multi-label": flag("score each label by itself, as several may fit"),
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
    const classify = await loadPipeline("zero-shot-classification", values, loading);
    const own = { truncation, hypothesis_template, multi_label };
    const columns = numbered(labels.length, fieldColumns("label", "score"), labelsOf);
    return answerBy(classify, (texts, options) => classify.stream(texts, labels, { ...options, ...own }), columns);
  },
  json: (answer) => ({ labels: labelsOf(answer) }),
  tables: ({ labels, scores, sequence }) => [
    labels.map((label, i) => [label, scores[i]!.toFixed(4), shortened(sequence)]),
  ],
  apart: true,
});

/** The labels with their scores, best first. */
function labelsOf({ labels, scores }: ZeroShotLabels): { label: string; score: number | undefined }[] {
  return labels.map((label, i) => ({ label, score: scores[i] }));
}
