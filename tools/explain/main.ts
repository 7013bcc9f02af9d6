/**
 * `deno task explain`: makes one call of a model, replays it op by op through the float64 twins, and names the first op
 * that differs. Exit code 1 if one does, 2 if the command line is wrong.
 */

import { choice, flag, readOptions, UsageError, value } from "../../src/cli/options.ts";
import { helpPage } from "../../src/cli/help.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { TASKS } from "../../src/pipelines/task_table.ts";
import { CLASS_NAMES, openQuestion } from "./ask.ts";
import { explain, recordCalls, tableText } from "./explain.ts";

const OPTIONS = {
  model: value("PATH", "folder of the model; left out, the shipped model of fill-mask"),
  class: choice(CLASS_NAMES, "class of the model; left out, what its config names"),
  narrow: choice(["absorbed", "projected"], "form of narrow attention; left out, the cheaper one"),
  dtype: choice(["f32", "f16"], "how weights are kept on the GPU; left out, f32"),
  all: flag("print every op with its worst element, in units of its bound"),
  help: flag("show this help", { short: "h" }),
};

const EXAMPLE = "a large [MASK] with a long neck";

const HELP = helpPage({
  usage: "deno task explain [options] [text ...]",
  about: `\
Makes one call of a model about some texts, computes each of its ops again in float64 from what
the op read, and names the first op that differs, with its worst element. The texts are one batch;
of a multiple choice they are the choices. Without texts: "${EXAMPLE}".`,
  options: OPTIONS,
  examples: [
    "deno task explain",
    'deno task explain --narrow absorbed --all "a [MASK] cat"',
    'deno task explain --model examples/models/wordnet/topic "a can for holding soft drinks"',
  ],
});

async function main(args: readonly string[]): Promise<number> {
  const { values: { model, class: className, narrow, dtype, all, help }, positionals } = readOptions(args, OPTIONS);
  if (help) {
    console.log(HELP);
    return 0;
  }
  const gpu = await requestGpu();
  const texts = positionals.length > 0 ? positionals : [EXAMPLE];
  const folder = model ?? TASKS["fill-mask"].defaultModel;
  using question = await openQuestion({ model: folder, texts, className, narrow, dtype });
  const { recordings } = await recordCalls(gpu, () => question.ask());
  let isRight = true;
  for (const recording of recordings) {
    const { agrees, replay, text } = await explain(gpu, recording);
    if (all) console.log(tableText(replay));
    console.log(text);
    isRight &&= agrees;
  }
  return isRight ? 0 : 1;
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  console.error((error as Error).message);
  Deno.exitCode = error instanceof UsageError ? 2 : 1;
}
