/** Counts the answers of each task in an evaluation. */

import type { Dataset } from "../data/dataset.ts";
import { ChoiceMetrics } from "../metrics/choices.ts";
import { argmax } from "../metrics/elements.ts";
import { ClassificationMetrics } from "../metrics/classification.ts";
import { MaskedWordsMetrics, ranksOf } from "../metrics/masked_words.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import { MultiLabelMetrics } from "../metrics/multi_label.ts";
import { RegressionMetrics } from "../metrics/regression.ts";
import { EntityMetrics } from "../metrics/tagging.ts";
import type { EvaluationReport } from "../report/data.ts";
import { findDifferences, findMistakes, findWrongLabels, findWrongTags, type MistakeOf } from "./found_mistakes.ts";
import { labelledRows, rowsOf, type Scored } from "./scored.ts";

/** What counts the answers of a task. */
export interface Counter {
  add(scored: Scored, loss: number): void;
  values(): MetricValues;
  report(): EvaluationReport;
}

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
    entities: () => countEntities(labels, onMistake),
    tags: () => countTags(labels, onMistake),
    numbers: () => countNumbers(onMistake),
    labels: () => countLabels(labels, onMistake),
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

function countTags(names: readonly string[], onMistake: MistakeOf): Counter {
  const metrics = new ClassificationMetrics(names.length);
  return {
    add(scored) {
      const rows = [...labelledRows(scored)];
      const logits = rowsOf(scored.logits, rows.map(({ row }) => row));
      metrics.add({ logits, labels: rows.map(({ label }) => label) });
      findWrongTags(scored, names, onMistake);
    },
    values: () => metrics.result(),
    report: () => classReport(metrics, names),
  };
}

function countEntities(names: readonly string[], onMistake: MistakeOf): Counter {
  const metrics = new EntityMetrics();
  return {
    add(scored) {
      const sequences = Map.groupBy(labelledRows(scored), ({ sequence }) => sequence);
      const { logits: { data, dims } } = scored;
      const columns = dims.at(-1) ?? 0;
      const predicted = (row: number) => {
        const logits = (data as Float32Array).subarray(row * columns, (row + 1) * columns);
        return names[argmax(logits)] as string;
      };
      const all = [...sequences.values()];
      metrics.add({
        labels: all.map((rows) => rows.map(({ label }) => names[label] as string)),
        predictions: all.map((rows) => rows.map(({ row }) => predicted(row))),
      });
      findWrongTags(scored, names, onMistake);
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

function countLabels(names: readonly string[], onMistake: MistakeOf): Counter {
  const metrics = new MultiLabelMetrics(names.length);
  return {
    add({ batch: { inputs, examples }, logits: { data } }) {
      const [logits, labels] = [data as Float32Array, inputs.labels.data as Float32Array];
      metrics.add({ logits, labels });
      findWrongLabels({ logits, labels, names, examples }, onMistake);
    },
    values: () => metrics.result(),
    report: () => ({ classes: names, scores: metrics.byClass() }),
  };
}

function countNumbers(onMistake: MistakeOf): Counter {
  const metrics = new RegressionMetrics();
  return {
    add({ batch: { inputs, examples }, logits: { data } }) {
      const [logits, labels] = [data as Float32Array, inputs.labels.data as Float32Array];
      metrics.add({ logits, labels });
      findDifferences({ logits, labels, examples }, onMistake);
    },
    values: () => metrics.result(),
    report: () => ({}),
  };
}
