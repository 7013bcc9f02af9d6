/** `narrowbert train`: a better model from files of examples. */

import { dirname, resolve } from "node:path";
import { PROBLEM_TYPES } from "../../model/config/fields.ts";
import { NarrowBertTokenizerFast } from "../../text/tokenizer.ts";
import type { ScheduleName } from "../../train/schedules.ts";
import { trainingReport } from "../../train/report/report.ts";
import type { Interval } from "../../train/trainer/arguments.ts";
import { Trainer } from "../../train/trainer/trainer.ts";
import { defineCommand } from "../command.ts";
import { loadingOf, MODEL, MODEL_OPTIONS } from "../models.ts";
import { refuseSame } from "../named_files.ts";
import { choice, count, flag, list, number, UsageError, value, values } from "../options.ts";
import { json, table } from "../outputs/table.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { checkWritable } from "../outputs/writable.ts";
import {
  checkWords,
  DATA_OPTIONS,
  given,
  labelConfig,
  loadModel,
  MASKING_OPTIONS,
  needed,
  needOfHead,
  openData,
  refuseUnheeded,
  taskOf,
  TASKS,
  tellProgress,
  valueRows,
} from "./training.ts";

const INTERVALS: Interval[] = ["no", "steps", "epoch"];
const SCHEDULES: ScheduleName[] = [
  "linear",
  "cosine",
  "cosine_with_restarts",
  "polynomial",
  "constant",
  "constant_with_warmup",
  "inverse_sqrt",
];

/** Arguments by Hugging Face's names, with dashes. */
const ARGUMENTS = {
  "learning-rate": number("the highest learning rate (5e-4 for mlm, else 5e-5)"),
  "per-device-train-batch-size": count("examples of a batch (32)"),
  "gradient-accumulation-steps": count("batches of a step, whose gradients are added (1)"),
  "num-train-epochs": number("how often all examples are seen (3)"),
  "max-steps": count("steps of the training, whatever --num-train-epochs says"),
  "lr-scheduler-type": choice(SCHEDULES, "how the learning rate goes (linear)"),
  "warmup-ratio": number("share of the steps in which it rises (0.02 for mlm, else 0)"),
  "warmup-steps": count("the same as a number of steps", { from: 0 }),
  "weight-decay": number("how fast weights shrink, biases and LayerNorms aside (0.01)"),
  "adam-beta1": number("how much of the mean gradient a step keeps (0.9)"),
  "adam-beta2": number("the same of the mean squared gradient (0.999)"),
  "adam-epsilon": number("added to the root of the latter (1e-8)"),
  "max-grad-norm": number("larger gradients are scaled down to it (1); 0 for no clipping"),
  "label-smoothing-factor": number("share of the labels that all classes have alike (0)"),
  dropout: number("every dropout probability; by default the config's"),
  "gradient-checkpointing": flag("compute layers again for gradients: less memory, a third more time"),
  seed: count("decides order, masks, dropout and new weights (42)", { from: 0 }),
  "logging-steps": count("steps between two entries of the log (50)"),
  "eval-strategy": choice(INTERVALS, "when the model is evaluated (epoch)"),
  "eval-steps": count("steps between two evaluations (--logging-steps)"),
  "save-strategy": choice(INTERVALS, "when a checkpoint is written (epoch)"),
  "save-steps": count("steps between two checkpoints (500)"),
  "save-total-limit": count("checkpoints that are kept, the best one among them (2)"),
  "load-best-model-at-end": flag("end with the best model that was evaluated, not with the last"),
  "metric-for-best-model": value("NAME", "what the best model has the best of (loss)"),
  "early-stopping-patience": count("end after so many evaluations without an improvement", { from: 0 }),
  "early-stopping-threshold": number("how much better than the best so far is an improvement (0)"),
};

/** Options of data by the names that the trainer has for them. */
const BATCHES = {
  "max-batch-tokens": count("most tokens of a batch"),
  "shuffle-buffer-size": count("examples that are shuffled together (131072)"),
};

/** The command. */
export const train = defineCommand({
  name: "train",
  positionals: TASKS.join("|"),
  about: `\
Trains a model on files of examples: masked words (mlm: a text a line), labels of texts (classify),
tags of words (tag) or choices (choose). The model comes from --model, a NarrowBERT or an ordinary
BERT; for labels of its own it gets a new head. --output gets checkpoints, and the trained model in
the end. After SIGINT a checkpoint is written; with --resume the same command goes on from the last
one, bit by bit. Names of arguments are Hugging Face's. As JSON: what the last evaluation found.`,
  options: {
    ...MODEL_OPTIONS,
    model: value(MODEL, "folder or Hub id of the model to begin with"),
    train: values("FILE", "examples to learn from; may be given several times"),
    eval: values("FILE", "examples to evaluate on; may be given several times"),
    output: value("PATH", "folder of the checkpoints, and of the model in the end"),
    resume: flag("go on from the last checkpoint in --output"),
    report: value("FILE", "write a page of HTML about the training"),
    teacher: value(MODEL, "folder or Hub id of a model to learn from too"),
    "teacher-weight": number("share that is learned from the teacher (0.5)"),
    temperature: number("of the teacher's scores (2)"),
    "full-length-layers": count("layers that see all tokens; the rest compute only what is asked for", { from: 0 }),
    "new-head": flag("give the model new weights for its labels, though it has some"),
    labels: list("LABEL,...", "all labels in their order; by default those of the examples"),
    "problem-type": choice(PROBLEM_TYPES, "of classify: what is learned; by default the labels tell"),
    balanced: flag("weigh labels so that rare ones count as much as frequent ones"),
    frozen: list("PATTERN,...", "tensors that stay as they are, such as narrow_bert.embeddings"),
    ...DATA_OPTIONS,
    ...MASKING_OPTIONS,
    ...BATCHES,
    ...ARGUMENTS,
    json: flag("print JSON"),
  },
  computes: true,
  examples: [
    "narrowbert train classify --model models/bert --train train.csv --eval test.csv --output models/mine",
    "narrowbert train mlm --model models/bert --full-length-layers 2 --train texts.txt --output models/narrow",
    "narrowbert train tag --model models/bert --train train.conll --eval test.conll --output models/ner --resume",
  ],
  async run({ values, positionals }, terminal) {
    const task = taskOf("train", positionals);
    const [model, output] = [needed("model", values.model), needed("output", values.output)];
    if (values.train.length === 0) throw new UsageError("--train is missing: files to learn from");
    refuseUnheeded(values, Object.keys(MASKING_OPTIONS), { what: "mlm", isMet: task === "mlm" });
    refuseUnheeded(values, ["labels"], { what: "classify and tag", isMet: task === "classify" || task === "tag" });
    refuseUnheeded(values, ["problem-type"], { what: "classify", isMet: task === "classify" });
    refuseUnheeded(values, TEACHING, { what: "--teacher", isMet: values.teacher !== undefined });
    refuseUnheeded(values, EVALUATED, { what: "--eval", isMet: values.eval.length > 0 });
    if (values.report !== undefined) await checkReport(values.report, { ...values, output });
    const { format, columns, labels, "problem-type": asked } = values;
    const dataset = await openData(values.train, { task, format, columns, labels, problem_type: asked }, terminal);
    const { problem_type } = dataset;
    const evaluated = values.eval.length === 0
      ? undefined
      : await openData(values.eval, { task, format, columns, labels: dataset.labels, problem_type }, terminal);
    const layers = values["full-length-layers"];
    const { signal } = terminal;
    const loading = loadingOf(values, terminal);
    const head = values["new-head"] ? { isNew: true, reason: null } : await needOfHead(dataset, model, loading);
    if (head.reason !== null) await terminal.complain(`narrowbert: ${head.reason}\n`);
    using learner = await loadModel(task, model, {
      config: { ...labelConfig(dataset), ...(layers !== undefined && { full_length_layers: layers }) },
      ...(head.isNew && { new_head: values.seed ?? 42 }),
      ...loading,
    });
    const tokenizer = await NarrowBertTokenizerFast.from_pretrained(model, loading);
    const teaching = loadingOf({ ...values, revision: undefined }, terminal);
    if (values.teacher !== undefined) {
      checkWords(await NarrowBertTokenizerFast.from_pretrained(values.teacher, teaching), tokenizer);
    }
    using teacher = values.teacher === undefined ? null : await loadModel(task, values.teacher, teaching);
    const { "teacher-weight": weight, temperature } = values;
    const trainer = new Trainer({
      model: learner,
      tokenizer,
      args: { output_dir: output, ...given(values, ARGUMENTS), ...given(values, evalSize) },
      train_dataset: dataset,
      ...(evaluated && { eval_dataset: evaluated }),
      ...(teacher && {
        teacher: {
          model: teacher,
          ...(weight !== undefined && { weight }),
          ...(temperature !== undefined && { temperature }),
        },
      }),
      ...(values.frozen && { optimizer: { frozen: values.frozen } }),
      ...(values.balanced && { class_weights: "balanced" }),
      data: given(values, { ...MASKING_OPTIONS, ...BATCHES, ...seqLength }),
      onProgress: tellProgress(terminal),
      signal,
    });
    for (const warning of trainer.warnings) await terminal.complain(`narrowbert: ${warning}\n`);
    try {
      const { global_step, training_loss, metrics } = await trainer.train({ resume_from_checkpoint: values.resume });
      const found = { global_step, training_loss, ...metrics };
      await terminal.write(values.json ? json(found) : `${table(valueRows(found))}saved in ${output}\n`);
    } catch (error) {
      if (signal.aborted && error === signal.reason) await tellHowToResume(terminal, trainer, output);
      throw error;
    } finally {
      const title = `narrowbert train ${task}: ${output}`;
      if (values.report !== undefined && trainer.state !== null) {
        await Deno.writeTextFile(values.report, await trainingReport(trainer.report(title)));
      }
    }
  },
});

const evalSize = { "per-device-eval-batch-size": DATA_OPTIONS["per-device-eval-batch-size"] };
const seqLength = { "max-seq-length": DATA_OPTIONS["max-seq-length"] };

/** Options that need a teacher, and those that need data for an evaluation. */
const TEACHING = ["teacher-weight", "temperature"];
const EVALUATED = ["eval-steps", "metric-for-best-model", "early-stopping-threshold"];

/**
 * Checks that the report can be written; the folder of the training may not be there yet.
 *
 * @throws {UsageError} If it is a file of examples.
 */
async function checkReport(
  path: string,
  { output, train, eval: evaluated }: { output: string; train: readonly string[]; eval: readonly string[] },
): Promise<void> {
  const named = (option: string, paths: readonly string[]) => paths.map((path) => ({ option, path }));
  await refuseSame({ option: "report", path }, [...named("train", train), ...named("eval", evaluated)]);
  await checkWritable("report", path).catch((error) => {
    const isInOutput = resolve(dirname(path)) === resolve(output);
    if (!(error.cause instanceof Deno.errors.NotFound && isInOutput)) throw error;
  });
}

async function tellHowToResume(terminal: Terminal, trainer: Trainer, output: string): Promise<void> {
  const step = trainer.state?.global_step;
  const where = step === undefined ? `what was saved in ${output}` : `step ${step}, saved in ${output}`;
  await terminal.complain(
    `narrowbert: the training was stopped; the same command with --resume goes on from ${where}\n`,
  );
}
