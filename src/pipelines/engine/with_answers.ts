/** Gives the records that a stream's inputs are made of back, with the answers. */

import { kindOf } from "../../base/messages.ts";
import type { Inputs } from "./task.ts";

/** How records are asked about. */
export interface Asking<Item extends object, Asked, Answer> {
  /** Makes the input of a record. An error that it returns stands in place of the answer; one that it throws ends the stream. */
  ask: (record: Item) => Asked;
  /**
   * Answers the inputs, one answer each in their order, as `stream` of every pipeline does. Like that, it must answer those
   * that have come if no more come for a while: inputs wait if many refused records follow one whose answer is to come.
   */
  by: (inputs: AsyncIterable<Exclude<Asked, Error>>) => AsyncIterable<Answer>;
}

/** A record and the answer to it, or the error that stands in the place of the answer. */
export type WithAnswer<Item, Asked, Answer> = Item & {
  /** The answer of the pipeline. */
  readonly answer: Answer | Extract<Asked, Error>;
};

/** A record that has been read. */
interface Waiting<Item, Refusal> {
  readonly item: Item;
  /** What stands in place of its answer; null if the answer is to come. */
  readonly refusal: Refusal | null;
}

/** Most refused records that wait. How many others do is up to the stream that answers. */
const MOST_REFUSED = 1024;

/**
 * Streams the answers to records: each record comes back with its fields, and with the answer as `answer`. The order, the
 * memory and the errors are those of the stream that answers.
 *
 * @param records Objects, from any iterable, which have no field `answer`.
 * @throws {TypeError} If one of them is no object, or has such a field.
 *
 * @example
 * ```ts
 * import { pipeline, withAnswers } from "@narrowbert/webgpu";
 *
 * using classify = await pipeline("text-classification");
 * const rows = [{ line: 1, text: "a large animal" }, { line: 2, text: "to go by air" }];
 * const answered = withAnswers(rows, { ask: ({ text }) => text, by: (texts) => classify.stream(texts) });
 * for await (const { line, answer: { label } } of answered) console.log(line, label);
 * ```
 */
export async function* withAnswers<Item extends object, Asked, Answer>(
  records: Inputs<Item>,
  { ask, by }: Asking<Item, Asked, Answer>,
): AsyncGenerator<WithAnswer<Item, Asked, Answer>> {
  type Refusal = Extract<Asked, Error>;
  const waiting = new Queue<Waiting<Item, Refusal>>(); // in the order of the records
  let refusals = 0; // refused records that wait
  let taken = Promise.withResolvers<void>(); // when some of them are taken
  let refused = Promise.withResolvers<null>(); // when one is the first that waits
  let isLeft = false; // whether nobody takes any more

  async function* inputs() {
    for await (const item of records) {
      checkRecord(item);
      const asked = ask(item);
      const refusal = asked instanceof Error ? asked as Refusal : null;
      waiting.push({ item, refusal });
      if (refusal === null) {
        yield asked as Exclude<Asked, Error>;
        continue;
      }
      refusals++;
      if (isRefused(waiting.first)) refused.resolve(null);
      while (refusals > MOST_REFUSED && !isLeft) await taken.promise;
      if (isLeft) return;
    }
  }

  function* takeRefused() {
    refused = Promise.withResolvers();
    while (isRefused(waiting.first)) {
      const { item, refusal } = waiting.take()!;
      refusals--;
      yield { ...item, answer: refusal as Refusal };
    }
    taken.resolve();
    taken = Promise.withResolvers();
  }

  const answers = by(inputs())[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<Answer>> | null = null;
  let isOver = false;
  try {
    while (!isOver) {
      pending ??= answers.next();
      isOver = true; // if it fails
      const step: IteratorResult<Answer> | null = await Promise.race([pending, refused.promise]);
      isOver = false;
      yield* takeRefused();
      if (step === null) continue; // refused records come before the next answer
      pending = null;
      isOver = step.done ?? false;
      if (!step.done) yield { ...answered(waiting.take()), answer: step.value };
      if (isRefused(waiting.first)) refused.resolve(null);
    }
  } finally {
    isLeft = true;
    taken.resolve(); // so that the source is closed
    pending?.catch(() => {}); // nobody waits for it any more
    const closed = isOver ? undefined : answers.return?.();
    if (pending === null) await closed;
    else closed?.catch(() => {});
  }
}

/** Values that are taken in their order. An array would move all others each time. */
class Queue<T> {
  #values: T[] = [];
  #taken = 0;

  get first(): T | undefined {
    return this.#values[this.#taken];
  }

  push(value: T): void {
    this.#values.push(value);
  }

  take(): T | undefined {
    const first = this.first;
    if (first !== undefined && ++this.#taken > this.#values.length / 2) {
      this.#values = this.#values.slice(this.#taken);
      this.#taken = 0;
    }
    return first;
  }
}

function isRefused(waiting: Waiting<unknown, unknown> | undefined): boolean {
  return waiting !== undefined && waiting.refusal !== null;
}

/** The record of the next answer. */
function answered<Item>(waiting: Waiting<Item, unknown> | undefined): Item {
  if (waiting !== undefined) return waiting.item;
  throw new TypeError("Cannot answer records: the stream gave more answers than it got inputs");
}

function checkRecord(record: object): void {
  if (typeof record !== "object" || record === null) {
    throw new TypeError(`Cannot answer a record: it must be an object, got ${kindOf(record)}`);
  }
  if ("answer" in record) throw new TypeError('Cannot answer a record: its field "answer" would be lost; rename it');
}
