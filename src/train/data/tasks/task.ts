/** What a task makes of the records of files. */

import type { Fields } from "../../../io/records/record.ts";
import type { Example } from "../examples.ts";
import type { DataColumns, FileColumns } from "./columns.ts";
import type { LabelCounter } from "./label_counter.ts";

/** Makes an example of a record. @throws {InputError} If the record does not hold one. */
export type ReadExample<E extends Example> = (fields: Fields) => E;

/** What a task makes of records. */
export interface TaskReader<E extends Example = Example> {
  /** Which names of {@linkcode DataColumns} it takes. */
  readonly columns: readonly (keyof DataColumns)[];
  /**
   * How the records of one file are read.
   *
   * @throws {InputError} If the file lacks a column.
   */
  open(columns: FileColumns, given: DataColumns): ReadExample<E>;
  /** Counts the labels of an example; left out if the task has none. @throws {InputError} If one does not fit. */
  countLabels?(example: E, counter: LabelCounter): void;
}
