/** What is found out while examples are read for the first time. */

import type { ProblemType } from "../../../model/config/fields.ts";
import type { Example } from "../examples.ts";
import { LabelCounter } from "../tasks/label_counter.ts";
import type { LabelSet } from "../tasks/labels.ts";
import type { TaskReader } from "../tasks/task.ts";
import { Fingerprint } from "./fingerprint.ts";
import { Problems } from "./problems.ts";

/** Takes examples one by one. */
export class Scan<E extends Example> {
  /** What is wrong with them. */
  readonly problems = new Problems();
  /** The checksum of the data. */
  readonly fingerprint = new Fingerprint();
  readonly #reader: TaskReader<E>;
  readonly #labels: LabelCounter | null;

  /** @param options The labels that there are, and what is learned. */
  constructor(
    reader: TaskReader<E>,
    { labels = [], problem_type }: { labels?: readonly string[]; problem_type?: ProblemType | null },
  ) {
    this.#reader = reader;
    const names = labels.length === 0 ? undefined : labels;
    this.#labels = reader.countLabels === undefined
      ? null
      : new LabelCounter({ names, problem: problem_type ?? undefined });
  }

  /** Takes an example. @throws {InputError} If its label does not fit. */
  take(example: E): void {
    if (this.#labels !== null) this.#reader.countLabels?.(example, this.#labels);
  }

  /** The labels of all examples; null if they have none. @throws {InputError} If there was something wrong. */
  finish(): LabelSet | null {
    this.problems.check();
    return this.#labels?.finish() ?? null;
  }
}
