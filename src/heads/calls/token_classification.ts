/** Calls of token classification. */

import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { readInputs } from "../../model/batch/inputs.ts";
import { maskedRowRule } from "../../model/batch/row_rules.ts";
import type { Stage } from "../../model/stage.ts";
import { dropped } from "../../nn/dropout.ts";
import type { Linear } from "../../nn/linear.ts";
import { rowLabels, rowsOfLabels, traceCrossEntropy } from "../labels.ts";
import { TOKEN_CLASSIFICATION } from "../layers/token_classifier.ts";
import type { PrepareCall } from "./head_call.ts";

/** The logits; what the classifier reads is dropped in training. */
function traceLogits(g: Graph, rows: Value, classifier: Linear): Value {
  return classifier.apply(g, dropped(g, "classifier", { label: "classifier.dropout", x: rows }));
}

const LOGITS: Stage<Linear> = {
  head: TOKEN_CLASSIFICATION,
  trace: (g, rows, classifier) => ({ logits: traceLogits(g, rows, classifier) }),
};

const LOGITS_AND_LOSS: Stage<Linear> = {
  head: TOKEN_CLASSIFICATION,
  trace(g, rows, classifier) {
    const logits = traceLogits(g, rows, classifier);
    return { logits, loss: traceCrossEntropy(g, logits) };
  },
};

/** Logits of the rows of `narrow_mask`, or of labels over -100, which win over it; of all tokens without either. */
export const tokenClassificationCall: PrepareCall = (inputs, config) => {
  const batch = rowsOfLabels(readInputs(inputs, config), config.num_labels);
  const { labels } = batch;
  const head = labels === null ? { stage: LOGITS } : { stage: LOGITS_AND_LOSS, ...rowLabels(labels) };
  return {
    batch,
    rule: maskedRowRule(batch),
    head,
    objective: { name: "token classification", smooths: true, weighs: config.num_labels },
    lesson: { stage: LOGITS, comparison: "kl_divergence" },
  };
};
