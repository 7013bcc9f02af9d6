/** The two classifiers of whole sequences: a linear layer on the pooled first token. */

import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import type { Head } from "../../model/head.ts";
import { pooledTwin, type Pooler } from "../../model/pooler.ts";
import { dropped } from "../../nn/dropout.ts";
import { Linear } from "../../nn/linear.ts";

const PREFIX = "classifier";

/** Pooler, then `classifier`. */
export class PooledClassifier {
  readonly #pooler: Pooler;
  readonly #classifier: Linear;

  constructor(pooler: Pooler, classifier: Linear) {
    this.#pooler = pooler;
    this.#classifier = classifier;
  }

  /** First rows `[B, H]` to scores `[B, outputs]`. */
  apply(g: Graph, rows: Value): Value {
    const pooled = dropped(g, "classifier", { label: `${PREFIX}.dropout`, x: this.#pooler.apply(g, rows) });
    return this.#classifier.apply(g, pooled);
  }
}

/** A classifier of whole sequences. @param outputs The number of its scores, given the number of labels. */
function pooledHead(
  { name, classes, outputs }: { name: string; classes: readonly string[]; outputs: (labels: number) => number },
): Head<PooledClassifier> {
  return {
    name,
    classes,
    pooling: true,
    prefix: PREFIX,
    declare(parameters, { config, pooler }) {
      if (pooler === null) throw new Error(`Cannot declare the ${name} head: it needs a pooler`);
      const sizes = { inputs: config.hidden_size, outputs: outputs(config.num_labels) };
      return new PooledClassifier(pooler, new Linear(parameters, PREFIX, sizes));
    },
    probe: {
      trace: (g, rows, classifier) => classifier.apply(g, rows),
      twin: (twin, rows, { config }) => ({
        rows: twin.dense(pooledTwin(twin, rows), PREFIX, outputs(config.num_labels)),
      }),
    },
  };
}

/** Scores of each label. */
export const SEQUENCE_CLASSIFICATION = pooledHead({
  name: "sequence_classification",
  classes: ["ForSequenceClassification"],
  outputs: (labels) => labels,
});

/** One score for each choice. */
export const MULTIPLE_CHOICE = pooledHead({
  name: "multiple_choice",
  classes: ["ForMultipleChoice"],
  outputs: () => 1,
});
