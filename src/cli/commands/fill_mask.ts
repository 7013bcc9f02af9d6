/** `narrowbert fill-mask`: the likeliest words for each mask. */

import { type FilledMask, wordsByMask } from "../../pipelines/fill_mask.ts";
import { pipeline } from "../../pipelines/pipeline.ts";
import { type Command, COMMON_HELP, parseCommandLine, parseCount } from "../command.ts";
import { json, table } from "../table.ts";
import { gatherTexts } from "../texts.ts";

/** The command. */
export const fillMask: Command = {
  name: "fill-mask",
  summary: "guess the words behind [MASK]",
  help: `\
Usage: narrowbert fill-mask [options] [--] [text ...]

Guesses the word behind each [MASK]. Texts are arguments or, without any, the lines of standard input.
Without --model the shipped model answers, which knows the language of dictionary definitions.
Prints a line for each guess: word, score, filled text; a blank line between masks.

Options:
  --model PATH|URL   folder of a NarrowBertForMaskedLM
  --top-k N          how many words to print for each mask, likeliest first (5)
  --truncate         cut texts that are longer than the model takes
  --json             print [{ text, masks: [[{ score, token, token_str, sequence }]] }]
${COMMON_HELP}

Examples:
  narrowbert fill-mask "the [MASK] of a king"
  echo "a small furry [MASK] kept as a pet" | narrowbert fill-mask --top-k 3 --json
`,
  async run(args, terminal) {
    const { values, positionals } = parseCommandLine(args, {
      model: { type: "string" },
      "top-k": { type: "string", default: "5" },
      truncate: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    });
    const top_k = parseCount(values["top-k"], "--top-k");
    const texts = await gatherTexts(positionals, terminal);
    using filler = await pipeline("fill-mask", values.model);
    const masks = (await filler(texts, { top_k, truncation: values.truncate })).map(wordsByMask);
    await terminal.write(
      values.json
        ? json(masks.map((words, i) => ({ text: texts[i], masks: words })))
        : masks.flat().map(wordTable).join("\n"),
    );
  },
};

function wordTable(words: FilledMask[]): string {
  return table(words.map(({ token_str, score, sequence }) => [token_str, score.toFixed(4), sequence]));
}
