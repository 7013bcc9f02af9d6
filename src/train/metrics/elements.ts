/** Reads the logits and labels that metrics are given. */

import { NonFiniteError } from "../../base/errors.ts";
import { shown } from "../../base/messages.ts";
import type { Elements } from "./metrics.ts";

/** The label of what is not counted, as in Hugging Face's losses. */
const IGNORED = -100;

const ACTION = "count a batch";

/**
 * Calls for each example with a label, after all were checked.
 *
 * @param classes Labels must be below it.
 */
export function forEachLabelled(
  { labels, classes }: { labels: Elements; classes: number },
  call: (example: number, label: number) => void,
): void {
  const numbers = Array.from(labels, Number);
  const wrong = numbers.findIndex((label) =>
    label !== IGNORED && !(Number.isInteger(label) && label >= 0 && label < classes)
  );
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot ${ACTION}: labels must be from 0 to ${classes - 1}, or ${IGNORED} for what is not counted, got ` +
        `${shown(numbers[wrong])} at ${wrong}`,
    );
  }
  numbers.forEach((label, example) => {
    if (label !== IGNORED) call(example, label);
  });
}

/** @throws {TypeError} If there are not as many elements as there must be. */
export function expectCount(thing: string, elements: Elements, count: number): void {
  if (elements.length === count) return;
  throw new TypeError(`Cannot ${ACTION}: there must be ${count} ${thing}, got ${elements.length}`);
}

/** Elements as numbers. @throws {NonFiniteError} If one is NaN or infinite. */
export function finite(thing: string, elements: Elements): Float64Array {
  const numbers = Float64Array.from(elements as ArrayLike<number>, Number);
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return numbers;
  throw new NonFiniteError(`Cannot ${ACTION}: ${thing} must be finite, got ${numbers[wrong]} at ${wrong}`);
}

/** A whole number from some least one. @throws {RangeError} If it is none. */
export function expectWhole(thing: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`Cannot count: ${thing} must be a whole number from ${least}, got ${shown(value)}`);
}

/** The index of the largest number, of the first if several are. */
export function argmax(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) {
    if ((numbers[i] as number) > (numbers[best] as number)) best = i;
  }
  return best;
}
