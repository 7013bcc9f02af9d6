/** `narrowbert fill-mask`: the likeliest words for each mask. */

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
As JSON: { text, masks: [[{ score, token, token_str, sequence }]] }, a list for each mask.`,
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
    );
  },
  json: (masks) => ({ masks }),
  tables: (masks) =>
    masks.map((words) => words.map(({ token_str, score, sequence }) => [token_str, score.toFixed(4), sequence])),
  apart: true,
});
