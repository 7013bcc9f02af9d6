/** `narrowbert score`: how likely texts are. */

import type { TextScore } from "../../pipelines/tasks/score.ts";
import type { Column } from "../outputs/columns.ts";
import { textOf } from "../inputs/questions.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { shortened } from "../outputs/table.ts";
import { textCommand } from "../text_command.ts";
import { STRIDE_OPTION } from "../windows.ts";

const COLUMNS: readonly Column<TextScore>[] = [
  { name: "score", value: ({ score }) => score },
  { name: "mean_score", value: ({ score, tokens }) => score / tokens.length },
  { name: "tokens", value: ({ tokens }) => tokens },
];

/** The command. */
export const score = textCommand({
  name: "score",
  about: `\
Says how likely a masked language model finds texts: the sum of the logarithms of each word piece's
probability when it alone is masked. Prints the score, its mean over the word pieces, and the text.
As JSON: { text, score, tokens: [{ index, token, token_str, score }] }. In a table score, mean_score
and tokens, a JSON list.`,
  options: { ...PIPELINE_OPTIONS, ...STRIDE_OPTION },
  examples: [
    'narrowbert score "the wife of a king" "the wife king of a"',
    "narrowbert score --input sentences.txt --jsonl",
  ],
  question: textOf,
  async open({ truncate: truncation, stride, ...values }, loading) {
    const score = await loadPipeline("score", values, loading);
    return answerBy(score, (texts, options) => score.stream(texts, { ...options, truncation, stride }), COLUMNS);
  },
  json: ({ score, tokens }) => ({ score, tokens }),
  tables: ({ score, tokens }, fields) => [
    [[score.toFixed(2), (score / tokens.length).toFixed(2), shortened(textOf(fields))]],
  ],
});
