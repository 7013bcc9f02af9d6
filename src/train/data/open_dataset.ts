/** Makes data sets of files or of an array: checks and counts their examples. */

import { InputError } from "../../base/errors.ts";
import { describe, quoted } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import type { DataFile } from "../../io/records/data_file.ts";
import type { DataFormat } from "../../io/records/formats.ts";
import { PROBLEM_TYPES, type ProblemType } from "../../model/config/fields.ts";
import { CheckedDataset, type Dataset } from "./dataset.ts";
import type { DataTask, Examples } from "./examples.ts";
import { openDataFile } from "./source/data_files.ts";
import { FileStore } from "./source/file_store.ts";
import { MemoryStore } from "./source/memory_store.ts";
import { Scan } from "./source/scan.ts";
import type { DataColumns } from "./tasks/columns.ts";
import { READERS } from "./tasks/readers.ts";
import type { TaskReader } from "./tasks/task.ts";

/** How data are read. */
export interface DatasetOptions<T extends DataTask = DataTask> {
  /** What the examples are for. */
  task: T;
  /** Names of columns or fields that are not the usual ones. */
  columns?: DataColumns;
  /**
   * The labels, in the order of their ids, such as those of the training data. Every example must have one of them, or
   * its number if none of them is a number. None, as other data have, is the same as left out. @default those that the data have, sorted
   */
  labels?: readonly string[];
  /** Of `classify`: what is learned. @default what the labels are: lists, numbers with fractions, or anything else */
  problem_type?: ProblemType | null;
}

/** How files are read. */
export interface FileDatasetOptions<T extends DataTask = DataTask> extends DatasetOptions<T> {
  /** What the files hold. @default what their names end with; `.txt` is a text a line, or for `tag` CoNLL columns */
  format?: DataFormat;
  /** Aborts the reading. */
  signal?: AbortSignal;
  /** Is told how many bytes of how many have been read. */
  onProgress?: (loaded: number, total: number) => void;
}

const ACTION = "open data";
const COMMON = ["task", "columns", "labels", "problem_type"];
const FILES = ["format", "signal", "onProgress"];

/**
 * Opens the files of a data set: reads them once, checks every record, and finds the labels. Little is kept in memory,
 * however large they are.
 *
 * A file holds a text a line (`.txt`), an object a line (`.jsonl`), a table (`.csv`), or sentences in columns (`.conll`).
 *
 * @param files Paths, `file:` URLs or `File` objects. Paths need read permission.
 * @throws {InputError} If a file cannot be read, is empty or lacks a column, if records are wrong (up to 20 are listed,
 *   with file and line), if a label is not one of `labels`, or if all examples have the same.
 * @throws {TypeError} If an option does not fit.
 *
 * @example
 * ```ts ignore
 * import { openDataset } from "@narrowbert/webgpu";
 *
 * const data = await openDataset("reviews.csv", { task: "classify" });
 * console.log(data.length, data.labels, data.warnings);
 * ```
 */
export async function openDataset<T extends DataTask>(
  files: DataFile | readonly DataFile[],
  options: FileDatasetOptions<T>,
): Promise<Dataset<Examples[T]>> {
  const reader = checkOptions(options, FILES);
  const { task, columns = {}, format, signal, onProgress } = options;
  const list = Array.isArray(files) ? files as readonly DataFile[] : [files as DataFile];
  if (list.length === 0) throw new InputError("Cannot use the data: there must be a file, got none");
  const opened = await Promise.all(list.map((file) => openDataFile(file, { task, format })));
  const total = opened.reduce((sum, { source }) => sum + source.size, 0);
  const scan = new Scan(reader, options);
  const named = namedSource({ format, columns });
  if (named !== null) scan.fingerprint.add(named);
  const store = new FileStore({ reader, columns });
  let loaded = 0;
  const onBytes = (count: number) => onProgress?.(loaded += count, total);
  for (const file of opened) await store.add(file, { scan, onBytes, signal });
  return new CheckedDataset({ task, store, labels: scan.finish() }, scan.fingerprint.digest);
}

/**
 * A data set of examples in memory.
 *
 * @param examples Objects with the fields of {@linkcode Examples}; of `mlm` also bare texts.
 * @throws {InputError} As {@linkcode openDataset} does.
 * @throws {TypeError} If an option does not fit.
 *
 * @example
 * ```ts
 * import { datasetOf } from "@narrowbert/webgpu";
 *
 * const data = datasetOf([{ text: "a dog", label: "animal" }, { text: "a saw", label: "tool" }], { task: "classify" });
 * console.log(data.labels); // ["animal", "tool"]
 * ```
 */
export function datasetOf<T extends DataTask>(
  examples: readonly unknown[],
  options: DatasetOptions<T>,
): Dataset<Examples[T]> {
  const reader = checkOptions(options, []);
  if (!Array.isArray(examples)) {
    throw new TypeError(`Cannot use the data: examples must be a list, got ${describe(examples)}`);
  }
  const { task, columns = {} } = options;
  const scan = new Scan(reader, options);
  const store = new MemoryStore(examples, { reader, columns, scan });
  return new CheckedDataset({ task, store, labels: scan.finish() }, scan.fingerprint.digest);
}

/** What the caller said of how files are read, for the checksum, as other examples may be in the same bytes; else null. */
function namedSource({ format, columns }: { format: DataFormat | undefined; columns: DataColumns }): Uint8Array | null {
  const named = Object.entries(columns).filter(([, column]) => column !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
  if (format === undefined && named.length === 0) return null;
  return new TextEncoder().encode(JSON.stringify([format ?? null, named]));
}

/** Checks options, and returns the reader of their task. */
function checkOptions<T extends DataTask>(
  options: DatasetOptions<T>,
  more: readonly string[],
): TaskReader<Examples[T]> {
  const { task, columns = {} } = options ?? {};
  if (!Object.hasOwn(READERS, task)) {
    throw new TypeError(`Cannot ${ACTION}: task must be one of ${quoted(Object.keys(READERS))}, got ${describe(task)}`);
  }
  const reader: TaskReader<Examples[T]> = READERS[task];
  checkOptionNames(ACTION, options, [...COMMON, ...more]);
  checkOptionNames(`${ACTION} of ${task}: columns`, columns, reader.columns);
  checkLabels(options);
  return reader;
}

/** Checks the labels, and what is learned. @throws {TypeError} If they do not fit the task. */
function checkLabels({ task, labels, problem_type }: DatasetOptions): void {
  const fail = (problem: string) => {
    throw new TypeError(`Cannot ${ACTION}: ${problem}`);
  };
  if (problem_type !== undefined && problem_type !== null) {
    if (task !== "classify") fail(`problem_type is for classify, and the task is ${task}`);
    if (!PROBLEM_TYPES.includes(problem_type)) {
      fail(`problem_type must be one of ${quoted(PROBLEM_TYPES)}, got ${describe(problem_type)}`);
    }
  }
  if (labels === undefined) return;
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== "string")) {
    fail(`labels must be a list of strings, got ${describe(labels)}`);
  }
  const twice = labels.find((label, i) => labels.indexOf(label) < i);
  if (twice !== undefined) fail(`labels must differ, got ${quoted([twice])} twice`);
  const hasLabels = problem_type !== "regression" && (task === "classify" || task === "tag");
  if (!hasLabels && labels.length > 0) {
    fail(`${problem_type === "regression" ? "regression" : task} has no labels, got ${quoted(labels.slice(0, 3))}`);
  }
  if (hasLabels && labels.length === 0) fail("labels must name one at least, got none");
}
