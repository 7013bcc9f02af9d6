/** `narrowbert classify`: the labels of texts. */

import { FUNCTIONS } from "../../pipelines/tasks/scores.ts";
import type { LabelScore, WindowLabels } from "../../pipelines/tasks/text_classification.ts";
import { PAIR_OPTIONS } from "../inputs/inputs.ts";
import { textOf, textsOf } from "../inputs/questions.ts";
import { choice, countOrAll } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { fieldColumns, numbered } from "../outputs/columns.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";
import { WINDOW_OPTIONS, windowColumn, windowOptions } from "../windows.ts";

/** The command. */
export const classify = textCommand({
  name: "classify",
  about: `\
Labels texts, or pairs of texts (objects and columns with "text_pair"). Without --model the shipped
model says which of 41 topics a definition belongs to. Prints for each label: label, score, text.
As JSON: { text, labels: [{ label, score }] }; with --windows [{ start, end, text, labels }] besides,
start and end as UTF-16 indices. In a table the columns label and score; with several labels label_1,
score_1, label_2 and so on.`,
  options: {
    ...PIPELINE_OPTIONS,
    ...PAIR_OPTIONS,
    "top-k": countOrAll("how many labels, best first (1)"),
    "function-to-apply": choice(FUNCTIONS, "how logits become scores; by default as the model was trained"),
    ...WINDOW_OPTIONS,
  },
  examples: [
    'narrowbert classify "a large animal with a long trunk"',
    "narrowbert classify --top-k 3 --jsonl < definitions.txt",
    "narrowbert classify --input reviews.csv --output labels.csv --skip-bad",
    "narrowbert classify --stride 16 --windows --input articles.jsonl --jsonl",
  ],
  question: textsOf,
  async open({ truncate: truncation, "top-k": top_k, "function-to-apply": function_to_apply, ...values }, loading) {
    const own = { truncation, top_k, function_to_apply, ...windowOptions(values) };
    const classify = await loadPipeline("text-classification", values, loading);
    const { num_labels } = classify.model.config;
    const most = Math.min(top_k === undefined ? 1 : top_k ?? num_labels, num_labels);
    const columns = [...numbered(most, fieldColumns("label", "score"), labelsOf), ...windowColumn(values.windows)];
    return answerBy(classify, (texts, options) => classify.stream(texts, { ...options, ...own }), columns);
  },
  json: (answer) => ({ labels: labelsOf(answer), ...("windows" in answer && { windows: answer.windows }) }),
  tables: (answer, fields) => [
    labelsOf(answer).map(({ label, score }) => [label, score.toFixed(4), shortened(textOf(fields))]),
  ],
});

/** The labels of a text: one, several, or those beside its windows. */
function labelsOf(answer: LabelScore | LabelScore[] | WindowLabels): LabelScore[] {
  return "windows" in answer ? answer.labels : [answer].flat();
}
