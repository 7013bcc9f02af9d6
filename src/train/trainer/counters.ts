/** Counts the answers of each task in an evaluation. */

import { softmax } from "../../base/softmax.ts";
import type { Tensor } from "../../base/tensor.ts";
import { IGNORE } from "../../heads/labels.ts";
import type { Dataset } from "../data/dataset.ts";
import type { DataBatch } from "../data/reading/source.ts";
import { ChoiceMetrics } from "../metrics/choices.ts";
import { ClassificationMetrics } from "../metrics/classification.ts";
import { MaskedWordsMetrics, ranksOf } from "../metrics/masked_words.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import { MultiLabelMetrics } from "../metrics/multi_label.ts";
import { RegressionMetrics } from "../metrics/regression.ts";
import { EntityMetrics } from "../metrics/tagging.ts";
import type { EvaluationReport } from "../report/data.ts";

/** A batch and what the model made of it. */
export interface Scored {
  readonly batch: DataBatch;
  readonly logits: Tensor;
  /** Of labelled tokens: their positions, `[B, rows]`, -1 for padding. */
  readonly positions: Tensor | null;
}

/** What counts the answers of a task. */
export interface Counter {
  add(scored: Scored, loss: number): void;
  values(): MetricValues;
  report(): EvaluationReport;
}

/** A mistake, by the number of its example. */
export type MistakeOf = (mistake: { example: number; gold: string; predicted: string; score: number }) => void;

/** What can be counted of answers. */
type Kind = "words" | "choices" | "entities" | "tags" | "numbers" | "labels" | "classes";

const CLASS_METRICS = [
  "accuracy",
  "precision",
  "recall",
  "f1",
  "f1_micro",
  "f1_weighted",
  "matthews_correlation",
  "calibration_error",
];

/** The numbers of each kind, beside the loss. */
const METRICS: Readonly<Record<Kind, readonly string[]>> = {
  words: ["perplexity", "accuracy", "top_5_accuracy"],
  choices: ["accuracy"],
  entities: ["precision", "recall", "f1", "accuracy"],
  tags: CLASS_METRICS,
  numbers: ["mse", "mae", "pearson", "spearmanr"],
  labels: ["accuracy", "precision", "recall", "f1", "f1_macro", "f1_weighted"],
  classes: CLASS_METRICS,
};

/** The names of the numbers that an evaluation on a data set gives. */
export function metricNames(dataset: Dataset): string[] {
  return ["loss", ...METRICS[kindOf(dataset)]];
}

/** What counts the answers to the examples of a data set. */
export function counterOf(dataset: Dataset, onMistake: MistakeOf): Counter {
  const { labels } = dataset;
  const make: Readonly<Record<Kind, () => Counter>> = {
    words: countWords,
    choices: () => countChoices(onMistake),
    entities: () => countEntities(labels),
    tags: () => countTags(labels),
    numbers: countNumbers,
    labels: () => countLabels(labels),
    classes: () => countClasses(labels, onMistake),
  };
  return make[kindOf(dataset)]();
}

function kindOf({ task, labels, problem_type: problem }: Dataset): Kind {
  if (task === "mlm") return "words";
  if (task === "choose") return "choices";
  // With a tag of another form, such as a part of speech, they mark no entities.
  if (task === "tag") {
    return labels.some(isEntity) && labels.every((tag) => tag === "O" || isEntity(tag)) ? "entities" : "tags";
  }
  if (problem === "regression") return "numbers";
  return problem === "multi_label_classification" ? "labels" : "classes";
}

/** Whether a tag is that of an entity, as its metrics take it: `B-PER`. */
function isEntity(tag: string): boolean {
  return /^[BIES]-/.test(tag);
}

/** The rows of labelled tokens, each with its label. */
function* labelledRows({ batch, positions }: Scored): Generator<{ sequence: number; row: number; label: number }> {
  const { labels } = batch.inputs;
  const [sequences = 0, rows = 0] = positions?.dims ?? [];
  const length = labels.dims[1] ?? 0;
  for (let b = 0; b < sequences; b++) {
    for (let r = 0; r < rows; r++) {
      const position = Number(positions?.data[b * rows + r]);
      if (position < 0) continue;
      yield { sequence: b, row: b * rows + r, label: Number(labels.data[b * length + position]) };
    }
  }
}

function rowsOf({ data, dims }: Tensor, rows: readonly number[]): Float32Array {
  const columns = dims.at(-1) ?? 0;
  const found = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => found.set((data as Float32Array).subarray(row * columns, (row + 1) * columns), i * columns));
  return found;
}

function countWords(): Counter {
  const metrics = new MaskedWordsMetrics();
  return {
    add(scored, loss) {
      // One by one: a row is as long as the vocabulary.
      const ranks = [...labelledRows(scored)].flatMap(({ row, label }) => {
        return ranksOf({ logits: rowsOf(scored.logits, [row]), labels: [label] });
      });
      metrics.add({ loss, words: ranks.length, ranks });
    },
    values: () => metrics.result(),
    report: () => ({}),
  };
}

/** Calls `onMistake` for each row whose largest logit is not its label's. */
function findMistakes(
  { logits, labels, classes, names, examples }: {
    logits: Float32Array;
    labels: readonly number[];
    classes: number;
    names: (label: number, example: number) => string;
    examples: readonly number[];
  },
  onMistake: MistakeOf,
): void {
  labels.forEach((label, i) => {
    const row = softmax(logits.subarray(i * classes, (i + 1) * classes));
    const best = row.reduce((most, value, c) => value > (row[most] as number) ? c : most, 0);
    if (best === label || label === IGNORE) return;
    const example = examples[i] as number;
    onMistake({ example, gold: names(label, example), predicted: names(best, example), score: row[best] as number });
  });
}

function countClasses(names: readonly string[], onMistake: MistakeOf): Counter {
  const metrics = new ClassificationMetrics(names.length);
  return {
    add({ batch: { inputs, examples }, logits: { data } }) {
      const labels = Array.from(inputs.labels.data, Number);
      const logits = data as Float32Array;
      metrics.add({ logits, labels });
      findMistakes({ logits, labels, classes: names.length, names: (id) => names[id] as string, examples }, onMistake);
    },
    values: () => metrics.result(),
    report: () => classReport(metrics, names),
  };
}

function classReport(metrics: ClassificationMetrics, classes: readonly string[]): EvaluationReport {
  return {
    classes,
    scores: metrics.byClass(),
    confusion: metrics.confusion.tolist(),
    calibration: metrics.calibration(),
  };
}

function countTags(names: readonly string[]): Counter {
  const metrics = new ClassificationMetrics(names.length);
  return {
    add(scored) {
      const rows = [...labelledRows(scored)];
      const logits = rowsOf(scored.logits, rows.map(({ row }) => row));
      metrics.add({ logits, labels: rows.map(({ label }) => label) });
    },
    values: () => metrics.result(),
    report: () => classReport(metrics, names),
  };
}

function countEntities(names: readonly string[]): Counter {
  const metrics = new EntityMetrics();
  return {
    add(scored) {
      const sequences = Map.groupBy(labelledRows(scored), ({ sequence }) => sequence);
      const { logits: { data, dims } } = scored;
      const columns = dims.at(-1) ?? 0;
      const predicted = (row: number) => {
        const logits = (data as Float32Array).subarray(row * columns, (row + 1) * columns);
        return names[logits.reduce((most, value, c) => value > (logits[most] as number) ? c : most, 0)] as string;
      };
      const all = [...sequences.values()];
      metrics.add({
        labels: all.map((rows) => rows.map(({ label }) => names[label] as string)),
        predictions: all.map((rows) => rows.map(({ row }) => predicted(row))),
      });
    },
    values: () => metrics.result(),
    report() {
      const types = [...metrics.byType()];
      return { classes: types.map(([type]) => type), scores: types.map(([, score]) => score) };
    },
  };
}

function countChoices(onMistake: MistakeOf): Counter {
  const metrics = new ChoiceMetrics();
  return {
    add({ batch: { inputs, examples }, logits: { data, dims } }) {
      const labels = Array.from(inputs.labels.data, Number);
      const logits = data as Float32Array;
      metrics.add({ logits, labels });
      const names = (choice: number) => `choice ${choice + 1}`;
      findMistakes({ logits, labels, classes: dims.at(-1) ?? 0, names, examples }, onMistake);
    },
    values: () => metrics.result(),
    report: () => ({}),
  };
}

function countLabels(names: readonly string[]): Counter {
  const metrics = new MultiLabelMetrics(names.length);
  return {
    add: ({ batch: { inputs }, logits: { data } }) =>
      metrics.add({ logits: data as Float32Array, labels: inputs.labels.data as Float32Array }),
    values: () => metrics.result(),
    report: () => ({}),
  };
}

function countNumbers(): Counter {
  const metrics = new RegressionMetrics();
  return {
    add: ({ batch: { inputs }, logits: { data } }) =>
      metrics.add({ logits: data as Float32Array, labels: inputs.labels.data as Float32Array }),
    values: () => metrics.result(),
    report: () => ({}),
  };
}
