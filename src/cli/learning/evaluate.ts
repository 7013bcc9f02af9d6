/** `narrowbert evaluate`: how good a model is on files of examples. */

import { NarrowBertConfig } from "../../model/config/config.ts";
import { NarrowBertTokenizerFast } from "../../text/tokenizer.ts";
import { evaluate as evaluateModel, type ScoringModel } from "../../train/trainer/evaluation.ts";
import { defineCommand } from "../command.ts";
import { loadingOf, MODEL_OPTIONS } from "../models.ts";
import { count, flag, UsageError, values } from "../options.ts";
import { json, shortened, table } from "../outputs/table.ts";
import {
  DATA_OPTIONS,
  given,
  loadModel,
  MASKING_OPTIONS,
  needed,
  openData,
  refuseUnheeded,
  taskOf,
  TASKS,
  tellProgress,
  valueRows,
} from "./training.ts";

/** The command. */
export const evaluate = defineCommand({
  name: "evaluate",
  positionals: TASKS.join("|"),
  about: `\
Says how good a model is on files of examples, which have its labels: the loss, and accuracy, F1,
Matthews' correlation, calibration error or perplexity, as the task has them; of the tags of words
that begin with B- and I-, precision, recall and F1 of entities. --mistakes shows the worst ones:
those of which the model was surest, of tags with their »word«; of numbers the largest differences.
As JSON: { loss, accuracy, … }, and with --mistakes { …, mistakes: [{ text, gold, predicted, score }] }.`,
  options: {
    ...MODEL_OPTIONS,
    input: values("FILE", "examples; may be given several times", { short: "i" }),
    mistakes: count("show so many of the worst mistakes, at most 20", { from: 0 }),
    seed: count("of mlm: decides which words are masked (42)", { from: 0 }),
    ...MASKING_OPTIONS,
    ...DATA_OPTIONS,
    json: flag("print JSON"),
  },
  computes: true,
  examples: [
    "narrowbert evaluate classify --model models/mine --input test.csv --mistakes 5",
    "narrowbert evaluate mlm --model models/narrow --input texts.txt --json",
  ],
  async run({ values, positionals }, terminal) {
    const task = taskOf("evaluate", positionals);
    const folder = needed("model", values.model);
    const loading = loadingOf(values, terminal);
    if (values.input.length === 0) throw new UsageError("--input is missing: files of examples");
    refuseUnheeded(values, ["seed", ...Object.keys(MASKING_OPTIONS)], { what: "mlm", isMet: task === "mlm" });
    refuseUnheeded(values, ["mistakes"], { what: "classify, tag and choose", isMet: task !== "mlm" });
    const { format, columns } = values;
    const config = await NarrowBertConfig.from_pretrained(folder, loading);
    const problem_type = config.problem_type ?? (config.num_labels === 1 ? "regression" : null);
    const labels = problem_type === "regression" ? undefined : Object.values(config.id2label);
    const dataset = await openData(values.input, { task, format, columns, labels, problem_type }, terminal);
    const { signal } = terminal;
    using model = await loadModel(task, folder, loading);
    const { values: found, report } = await evaluateModel(model as ScoringModel, dataset, {
      data: {
        tokenizer: await NarrowBertTokenizerFast.from_pretrained(folder, loading),
        model,
        seed: values.seed ?? 42,
        per_device_eval_batch_size: values["per-device-eval-batch-size"] ?? 64,
        ...(values["max-seq-length"] !== undefined && { max_seq_length: values["max-seq-length"] }),
        ...given(values, MASKING_OPTIONS),
      },
      signal,
      onProgress: ((tell) => (examples: number) => tell({ status: "evaluation", examples, total: dataset.length }))(
        tellProgress(terminal),
      ),
    });
    const mistakes = (report.mistakes ?? []).slice(0, values.mistakes ?? 0);
    if (values.json) {
      return await terminal.write(json({ ...found, ...(values.mistakes !== undefined && { mistakes }) }));
    }
    const rows = mistakes.map(({ text, gold, predicted, score }) => [
      score.toFixed(2),
      shortened(predicted),
      shortened(gold),
      shortened(task === "tag" ? fromNear("»", text) : text),
    ]);
    const worst = rows.length === 0 ? "" : `\n${table([["score", "predicted", "right", "text"], ...rows])}`;
    await terminal.write(table(valueRows(found)) + worst);
  },
});

/** A text from shortly before the first place of a sign. */
function fromNear(sign: string, text: string): string {
  const begin = text.indexOf(sign) - 30;
  return begin > 0 ? `…${text.slice(begin)}` : text;
}
