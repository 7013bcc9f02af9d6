/** The mistakes that a model makes in an evaluation. */

import { softmax } from "../../base/softmax.ts";
import { IGNORE } from "../../heads/labels.ts";
import { argmax } from "../metrics/elements.ts";
import { labelledRows, rowsOf, type Scored } from "./scored.ts";

/** A mistake, by the number of its example. */
export interface FoundMistake {
  readonly example: number;
  readonly gold: string;
  readonly predicted: string;
  /** How bad it is: the probability that the model gave it, or of numbers their difference. */
  readonly score: number;
  /** Of a tag: its place among the tags of the sentence that were counted, and how many these are. */
  readonly tag?: { readonly place: number; readonly count: number };
}

/** Takes mistakes. */
export type MistakeOf = (mistake: FoundMistake) => void;

/** Calls `onMistake` for each row whose largest logit is not its label's. */
export function findMistakes(
  { logits, labels, classes, names, examples }: {
    logits: Float32Array;
    labels: readonly number[];
    classes: number;
    names: (label: number) => string;
    examples: readonly number[];
  },
  onMistake: MistakeOf,
): void {
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const best = argmax(row);
    if (best === label || label === IGNORE) return;
    const score = softmax(row)[best] as number;
    onMistake({ example: examples[i] as number, gold: names(label), predicted: names(best), score });
  });
}

/** Calls `onMistake` for each tag that is not the one with the largest logit. */
export function findWrongTags(scored: Scored, names: readonly string[], onMistake: MistakeOf): void {
  const { batch: { examples }, logits } = scored;
  for (const rows of Map.groupBy(labelledRows(scored), ({ sequence }) => sequence).values()) {
    rows.forEach(({ sequence, row, label }, place) => {
      findMistakes(
        {
          logits: rowsOf(logits, [row]),
          labels: [label],
          classes: names.length,
          names: (id) => names[id] as string,
          examples: [examples[sequence] as number],
        },
        (mistake) => onMistake({ ...mistake, tag: { place, count: rows.length } }),
      );
    });
  }
}

/** Calls `onMistake` for each example that has not exactly the labels whose logits are above 0. */
export function findWrongLabels(
  { logits, labels, names, examples }: {
    logits: Float32Array;
    labels: Float32Array;
    names: readonly string[];
    examples: readonly number[];
  },
  onMistake: MistakeOf,
): void {
  examples.forEach((example, i) => {
    const at = i * names.length;
    const named = (has: (label: number) => boolean) => names.filter((_, id) => has(at + id)).join(", ") || "none";
    const surest = names.reduce((most, _, id) => {
      const logit = logits[at + id] as number;
      return (logit > 0) === (labels[at + id] === 1) ? most : Math.max(most, 1 / (1 + Math.exp(-Math.abs(logit))));
    }, 0);
    if (surest === 0) return;
    const [gold, predicted] = [named((at) => labels[at] === 1), named((at) => (logits[at] as number) > 0)];
    onMistake({ example, gold, predicted, score: surest });
  });
}

/** Calls `onMistake` for each number that is not the one to be learned. */
export function findDifferences(
  { logits, labels, examples }: { logits: Float32Array; labels: Float32Array; examples: readonly number[] },
  onMistake: MistakeOf,
): void {
  const text = (value: number) => `${Number(value.toPrecision(6))}`;
  examples.forEach((example, i) => {
    const [gold, predicted] = [labels[i] as number, logits[i] as number];
    if (gold === predicted) return;
    onMistake({ example, gold: text(gold), predicted: text(predicted), score: Math.abs(predicted - gold) });
  });
}
