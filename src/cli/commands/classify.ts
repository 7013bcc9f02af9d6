/** `narrowbert classify`: the labels of texts. */

import { pipeline } from "../../pipelines/pipeline.ts";
import { type Command, COMMON_HELP, parseCommandLine, parseCount } from "../command.ts";
import { json, table } from "../table.ts";
import { gatherTexts } from "../texts.ts";

/** The command. */
export const classify: Command = {
  name: "classify",
  summary: "label each text; the shipped model names its topic",
  help: `\
Usage: narrowbert classify [options] [--] [text ...]

Labels each text. Texts are arguments or, without any, the lines of standard input.
Without --model the shipped model says which of 41 topics a definition belongs to.
Prints a line for each label: label, score, text.

Options:
  --model PATH|URL   folder of a NarrowBertForSequenceClassification
  --top-k N          how many labels to print, best first (1)
  --truncate         cut texts that are longer than the model takes
  --json             print [{ text, labels: [{ label, score }] }]
${COMMON_HELP}

Examples:
  narrowbert classify "a large animal with a long trunk"
  narrowbert classify --top-k 3 --json < definitions.txt
`,
  async run(args, terminal) {
    const { values, positionals } = parseCommandLine(args, {
      model: { type: "string" },
      "top-k": { type: "string", default: "1" },
      truncate: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    });
    const top_k = parseCount(values["top-k"], "--top-k");
    const texts = await gatherTexts(positionals, terminal);
    using classifier = await pipeline("text-classification", values.model);
    const results = (await classifier(texts, { top_k, truncation: values.truncate })).map((labels) => [labels].flat());
    await terminal.write(
      values.json ? json(results.map((labels, i) => ({ text: texts[i], labels }))) : table(
        results.flatMap((labels, i) => labels.map(({ label, score }) => [label, score.toFixed(4), texts[i] as string])),
      ),
    );
  },
};
