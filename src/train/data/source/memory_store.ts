/** The examples of an array. */

import { InputError } from "../../../base/errors.ts";
import { isObject } from "../../../base/json.ts";
import { kindOf } from "../../../base/messages.ts";
import type { DataExample, Example } from "../examples.ts";
import { type DataColumns, FileColumns } from "../tasks/columns.ts";
import type { ReadExample, TaskReader } from "../tasks/task.ts";
import { type Block, BLOCK_EXAMPLES, type Store } from "./blocks.ts";
import type { Scan } from "./scan.ts";

/** Examples that are in memory already. */
export class MemoryStore<E extends Example> implements Store {
  readonly blocks: readonly Block[];
  readonly #examples: readonly E[];

  /** @throws {InputError} If there are none, the first lacks a field, or there are too many problems. */
  constructor(
    records: readonly unknown[],
    { reader, columns, scan }: {
      reader: TaskReader<E>;
      columns: DataColumns;
      scan: Scan<E>;
    },
  ) {
    if (records.length === 0) throw new InputError("Cannot use the data: there must be an example, got none");
    const bytes = new TextEncoder();
    let read: ReadExample<E> | null = null;
    this.#examples = records.flatMap((record, number) => {
      try {
        const fields = typeof record === "string" ? { text: record } : record;
        if (!isObject(fields)) throw new InputError(`must be an object, got ${kindOf(fields)}`);
        read ??= reader.open(new FileColumns(Object.keys(fields)), columns);
        const example = read(fields);
        scan.take(example);
        scan.fingerprint.add(bytes.encode(JSON.stringify(example)));
        return [example];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        scan.problems.add(placeOf(number), error);
        if (read === null) scan.problems.check(); // all others lack it too
        return [];
      }
    });
    const count = Math.ceil(this.#examples.length / BLOCK_EXAMPLES);
    this.blocks = Array.from({ length: count }, (_, i) => {
      const first = i * BLOCK_EXAMPLES;
      return { first, count: Math.min(BLOCK_EXAMPLES, this.#examples.length - first), bytes: 0 };
    });
  }

  read({ first, count }: Block): Promise<DataExample<E>[]> {
    const examples = this.#examples.slice(first, first + count);
    return Promise.resolve(
      examples.map((example, i) => ({ number: first + i, place: placeOf(first + i), example })),
    );
  }
}

function placeOf(number: number): string {
  return `example ${number}`;
}
