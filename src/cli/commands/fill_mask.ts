/** `narrowbert fill-mask`: the likeliest words for each mask. */

import type { FilledMask } from "../../pipelines/tasks/fill_mask.ts";
import type { Column } from "../outputs/columns.ts";
import { textOf } from "../inputs/questions.ts";
import { count, list } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { textCommand } from "../text_command.ts";
import { STRIDE_OPTION } from "../windows.ts";

/** The command. */
export const fillMask = textCommand({
  name: "fill-mask",
  about: `\
Guesses the word behind each [MASK]. Without --model the shipped model answers, which knows the
language of dictionary definitions. Prints for each mask its words: word, score, filled text.
As JSON: { text, masks: [[{ score, token, token_str, sequence }]] }, a list for each mask. In a
table token_str_1, score_1, token_str_2 and so on (with --top-k 1 token_str, score); of a text with
several masks each is a JSON list.`,
  options: {
    ...PIPELINE_OPTIONS,
    "top-k": count("how many words for each mask, likeliest first, at most 128 (5)"),
    targets: list("WORD,...", "choose from these words alone"),
    ...STRIDE_OPTION,
  },
  examples: [
    'narrowbert fill-mask "the [MASK] of a king"',
    'narrowbert fill-mask --targets son,wife "the [MASK] of a king"',
    "narrowbert fill-mask --input masked.txt --top-k 1 --jsonl",
  ],
  question: textOf,
  async open({ truncate: truncation, "top-k": top_k, targets, stride, ...values }, loading) {
    const fill = await loadPipeline("fill-mask", values, loading);
    return answerBy(
      fill,
      (texts, options) => fill.stream(texts, { ...options, truncation, top_k, targets, stride, per_mask: true }),
      columnsOf(Math.min(top_k ?? 5, targets?.length ?? Infinity)),
    );
  },
  json: (masks) => ({ masks }),
  tables: (masks) =>
    masks.map((words) => words.map(({ token_str, score, sequence }) => [token_str, score.toFixed(4), sequence])),
  apart: true,
});

/** Columns for the words of a mask. A text has one mask mostly: of several masks, a cell has a list. */
function columnsOf(most: number): Column<FilledMask[][]>[] {
  return Array.from(
    { length: most },
    (_, i) =>
      (["token_str", "score"] as const).map((name): Column<FilledMask[][]> => ({
        name: most === 1 ? name : `${name}_${i + 1}`,
        value: (masks) => masks.length === 1 ? masks[0]![i]?.[name] : masks.map((words) => words[i]?.[name] ?? null),
      })),
  ).flat();
}
