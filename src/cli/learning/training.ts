/** What the commands that train and evaluate share: data, tokenizer and model. */

import { NarrowBertForMaskedLM } from "../../heads/masked_lm.ts";
import { NarrowBertForMultipleChoice } from "../../heads/multiple_choice.ts";
import type { PreTrainedModel } from "../../heads/pretrained.ts";
import { NarrowBertForSequenceClassification } from "../../heads/sequence_classification.ts";
import { NarrowBertForTokenClassification } from "../../heads/token_classification.ts";
import type { DataFormat } from "../../io/records/formats.ts";
import type { OpenFolderOptions } from "../../io/folder/folder.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import type { Dataset } from "../../train/data/dataset.ts";
import type { DataTask } from "../../train/data/examples.ts";
import { openDataset } from "../../train/data/open_dataset.ts";
import type { DataColumns } from "../../train/data/tasks/columns.ts";
import type { TrainingProgress } from "../../train/trainer/progress.ts";
import { choice, count, list, UsageError } from "../options.ts";
import type { Terminal } from "../outputs/terminal.ts";

/** What can be learned, and the class that learns it. */
const CLASSES = {
  mlm: NarrowBertForMaskedLM,
  classify: NarrowBertForSequenceClassification,
  tag: NarrowBertForTokenClassification,
  choose: NarrowBertForMultipleChoice,
} satisfies Record<DataTask, unknown>;

/** The tasks, for help. */
export const TASKS = Object.keys(CLASSES) as DataTask[];

/** Options of data that both commands have. */
export const DATA_OPTIONS = {
  format: choice(
    ["txt", "jsonl", "csv", "conll"] as DataFormat[],
    "what the files hold, whatever their names end with",
  ),
  columns: list("NAME=COLUMN,...", "columns that have other names than the usual ones, as text=body,label=topic"),
  "max-seq-length": count("cut texts after so many tokens; by default what the model takes"),
  "per-device-eval-batch-size": count("examples that are evaluated at once (64)"),
};

/** The task that is meant. @throws {UsageError} If it is none. */
export function taskOf(command: string, positionals: readonly string[]): DataTask {
  const asked = positionals.join(" ");
  const task = TASKS.find((task) => task === asked);
  if (task !== undefined) return task;
  throw new UsageError(`${command} takes one of ${TASKS.join(", ")}, got ${asked === "" ? "none" : `"${asked}"`}`);
}

/** How files of data are opened. */
export interface DataCall {
  readonly task: DataTask;
  readonly format: DataFormat | undefined;
  readonly columns: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly problem_type?: Dataset["problem_type"];
  /** Whether a model learns from them. */
  readonly learns?: boolean;
}

/** Opens files of data. What is odd about those that a model learns from is told. */
export async function openData(files: readonly string[], call: DataCall, terminal: Terminal): Promise<Dataset> {
  const { task, format, labels, problem_type } = call;
  const hasLabels = task === "classify" || task === "tag";
  const dataset = await openDataset(files, {
    task,
    ...(format && { format }),
    ...(call.columns && { columns: columnsOf(call.columns) }),
    ...(labels && labels.length > 0 && hasLabels && { labels }),
    ...(problem_type && task === "classify" && { problem_type }),
    signal: terminal.signal,
  });
  if (call.learns) {
    for (const warning of dataset.warnings) await terminal.complain(`narrowbert: ${files.join(", ")}: ${warning}\n`);
  }
  return dataset;
}

function columnsOf(pairs: readonly string[]): DataColumns {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), numbered(pair.slice(at + 1))];
    throw new UsageError(`--columns must be pairs as text=body with commas between them, got "${pair}"`);
  })) as DataColumns;
}

/** Columns of CoNLL files are numbers. */
function numbered(column: string): string | number {
  return /^-?\d+$/.test(column) ? Number(column) : column;
}

/** Loads the model that learns or is evaluated. */
export async function loadModel(
  task: DataTask,
  model: string,
  options: LoadOptions,
): Promise<PreTrainedModel> {
  return await CLASSES[task].from_pretrained(model, options);
}

/** Whether a saved model was trained for another task, or for other labels, so that it needs a new head. */
export async function lacksHead(
  { task, labels }: Dataset,
  model: string,
  options: OpenFolderOptions,
): Promise<boolean> {
  const { architectures, id2label } = await NarrowBertConfig.from_pretrained(model, options);
  const heads: readonly string[] = CLASSES[task].head.classes;
  if (!architectures?.some((name) => heads.some((head) => name.endsWith(head)))) return true;
  if (task === "mlm" || task === "choose") return false;
  const own = Object.values(id2label);
  return own.length !== labels.length || own.some((label, id) => label !== labels[id]);
}

/** The config of a model that learns the labels of data. */
export function labelConfig({ labels, problem_type, task }: Dataset): LoadOptions["config"] {
  if (task === "mlm" || task === "choose") return {};
  const named = labels.length === 0 ? { num_labels: 1 } : { id2label: { ...labels } };
  return { ...named, ...(problem_type && { problem_type }) };
}

/** Tells how a training goes: a status line on a terminal, lines for evaluations and checkpoints. */
export function tellProgress(terminal: Terminal): (progress: TrainingProgress) => void {
  let telling: Promise<unknown> = Promise.resolve();
  const later = (work: () => Promise<unknown>) => {
    telling = telling.then(work).catch(() => {}); // a failed status line is no failure
  };
  return (progress) => {
    const { statusStyle } = terminal;
    if (progress.status === "step" && statusStyle !== null) {
      later(() => terminal.status(stepLine(progress).slice(0, statusStyle.columns - 1)));
    } else if (progress.status === "evaluation" && statusStyle !== null) {
      later(() => terminal.status(`evaluation: ${progress.examples} of ${progress.total} examples`));
    } else if (progress.status === "evaluated") {
      const numbers = Object.entries(progress.values ?? {}).map(([name, value]) => `${name} ${+value.toFixed(4)}`);
      later(() => terminal.complain(`step ${progress.step}: ${numbers.join(", ")}\n`));
    } else if (progress.status === "saved") {
      later(() => terminal.complain(`step ${progress.step}: saved ${progress.path}\n`));
    }
  };
}

function stepLine(
  { step, steps, epoch, loss, tokens_per_second, seconds_left }: TrainingProgress & { status: "step" },
) {
  const left = durationText(seconds_left);
  const speed = Math.round(tokens_per_second).toLocaleString("en");
  return `step ${step} of ${steps}, epoch ${epoch.toFixed(2)}, loss ${
    loss.toFixed(4)
  }, ${speed} tokens a second, ${left} left`;
}

/** A time in words. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
}

/** Refuses a folder that is missing among the options. */
export function needed(name: string, given: string | undefined): string {
  if (given !== undefined) return given;
  throw new UsageError(`--${name} is missing`);
}

/** Values of an evaluation as a table's rows. */
export function valueRows(values: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(values).map((
    [name, value],
  ) => [name, Number.isFinite(value) ? `${+value.toFixed(4)}` : "undefined"]);
}
