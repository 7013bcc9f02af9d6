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
import { quote, quoted } from "../../base/messages.ts";
import { openDataset } from "../../train/data/open_dataset.ts";
import type { DataColumns } from "../../train/data/tasks/columns.ts";
import type { TrainingProgress } from "../../train/trainer/progress.ts";
import type { NarrowBertTokenizer } from "../../text/tokenizer.ts";
import { choice, count, flag, list, number, UsageError } from "../options.ts";
import { durationText } from "../outputs/sizes.ts";
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
    ["txt", "jsonl", "csv", "tsv", "conll"] as DataFormat[],
    "what the files hold, whatever their names end with",
  ),
  columns: list(
    "NAME=COLUMN,...",
    "columns that have other names than the usual ones, as text=body,label=topic; of choices=a,choices=b a column each",
  ),
  "max-seq-length": count("cut texts after so many tokens; by default what the model takes"),
  "per-device-eval-batch-size": count("examples that are evaluated at once (64)"),
};

/** Options of masked words that both commands have. */
export const MASKING_OPTIONS = {
  "mlm-probability": number("of mlm: share of the words that are guessed (0.15)"),
  "whole-word-mask": flag("of mlm: mask all pieces of a word or none"),
  "pack-texts": flag("of mlm: fill rows of --max-seq-length with texts one behind the other"),
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
  readonly problem_type?: Dataset["problem_type"] | undefined;
}

/** Opens files of data. */
export async function openData(files: readonly string[], call: DataCall, terminal: Terminal): Promise<Dataset> {
  const { task, format, labels, problem_type } = call;
  const hasLabels = task === "classify" || task === "tag";
  return await openDataset(files, {
    task,
    ...(format && { format }),
    ...(call.columns && { columns: columnsOf(call.columns) }),
    ...(labels && labels.length > 0 && hasLabels && { labels }),
    ...(problem_type && task === "classify" && { problem_type }),
    signal: terminal.signal,
  });
}

function columnsOf(pairs: readonly string[]): DataColumns {
  const named = pairs.map((pair): [string, string | number] => {
    const at = pair.indexOf("=");
    const [name, column] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at > 0 && column !== "") return [name, NUMBERED.includes(name) ? numbered(column) : column];
    throw new UsageError(`--columns must be pairs as text=body with commas between them, got "${pair}"`);
  });
  const columns = [...Map.groupBy(named, ([name]) => name)].map(([name, all]) => {
    const [column, ...more] = all.map(([, column]) => column);
    if (more.length === 0) return [name, column];
    if (name === "choices") return [name, [column, ...more]];
    throw new UsageError(`--columns must name one column for ${name}, got ${quoted([column, ...more].map(String))}`);
  });
  return Object.fromEntries(columns) as DataColumns;
}

/** Columns of CoNLL files, which are numbers. */
const NUMBERED = ["tokens", "tags"];

function numbered(column: string): string | number {
  return /^-?\d+$/.test(column) ? Number(column) : column;
}

/** Refuses options that were given, and that nothing would heed. @param what What they are for: `mlm`, `--teacher`. */
export function refuseUnheeded(
  values: Readonly<Record<string, unknown>>,
  names: readonly string[],
  { what, isMet }: { what: string; isMet: boolean },
): void {
  const name = names.find((name) => values[name] !== undefined && values[name] !== false);
  if (!isMet && name !== undefined) throw new UsageError(`--${name} is for ${what}, and would change nothing here`);
}

/** Those of some options that were given, by the trainer's names. */
export function given(values: Readonly<Record<string, unknown>>, options: Readonly<Record<string, unknown>>): object {
  const set = Object.keys(options).filter((name) => values[name] !== undefined && values[name] !== false);
  return Object.fromEntries(set.map((name) => [name.replaceAll("-", "_"), values[name]]));
}

/** Checks that the ids of a teacher's tokens are those of the learner's. @throws {UsageError} If they are not. */
export function checkWords(teacher: NarrowBertTokenizer, own: NarrowBertTokenizer): void {
  const count = Math.min(teacher.vocab_size, own.vocab_size); // the models' sizes are compared by the trainer
  for (let id = 0; id < count; id++) {
    const [expected, found] = [own, teacher].map((tokenizer) => tokenizer.convert_ids_to_tokens(id));
    if (expected === found) continue;
    throw new UsageError(
      `--teacher must have the tokenizer of --model: token ${id} must be ${quote(expected as string)}, got ` +
        quote(found as string),
    );
  }
}

/** Loads the model that learns or is evaluated. */
export async function loadModel(
  task: DataTask,
  model: string,
  options: LoadOptions,
): Promise<PreTrainedModel> {
  return await CLASSES[task].from_pretrained(model, options);
}

/** Whether a saved model needs a new head, as it was trained for another task, or for other labels. */
export interface HeadNeed {
  readonly isNew: boolean;
  /** Of a head that is there, and is replaced: why, in words. */
  readonly reason: string | null;
}

/** Finds out whether a saved model needs a new head. */
export async function needOfHead(
  { task, labels }: Dataset,
  model: string,
  options: OpenFolderOptions,
): Promise<HeadNeed> {
  const { architectures, id2label } = await NarrowBertConfig.from_pretrained(model, options);
  const heads: readonly string[] = CLASSES[task].head.classes;
  const isThere = architectures?.some((name) => heads.some((head) => name.endsWith(head))) ?? false;
  if (!isThere) return { isNew: true, reason: null };
  if (task === "mlm" || task === "choose") return { isNew: false, reason: null };
  const own = Object.values(id2label);
  // A number has no name. Labels without names are those whose names are their numbers.
  const fits = labels.length === 0 ? own.length === 1 : own.length === labels.length && own.every((name, id) => {
    return name === labels[id] || name === `LABEL_${id}` && labels[id] === `${id}`;
  });
  const listOf = (names: readonly string[]) => `${quoted(names.slice(0, 5))}${names.length > 5 ? ", …" : ""}`;
  const learned = labels.length === 0 ? "numbers" : `the labels ${listOf(labels)}`;
  const reason = fits ? null : `the model has the labels ${listOf(own)}, and learns ${learned}: it gets a new head`;
  return { isNew: !fits, reason };
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
