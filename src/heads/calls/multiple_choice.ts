/** Calls of multiple choice. */

import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { reshape } from "../../graph/ops/rows/reshape.ts";
import { readInputs } from "../../model/batch/inputs.ts";
import { firstRowRule } from "../../model/batch/row_rules.ts";
import type { Stage } from "../../model/stage.ts";
import { classLabels, traceCrossEntropy } from "../labels.ts";
import { MULTIPLE_CHOICE, type PooledClassifier } from "../layers/pooled_classifier.ts";
import type { PrepareCall } from "./head_call.ts";

/** Scores `[B * choices, 1]` as `[questions, choices]`. */
function traceChoices(g: Graph, rows: Value, classifier: PooledClassifier): Value {
  return reshape(g, { label: "choices", x: classifier.apply(g, rows), shape: ["questions", "choices"] });
}

const LOGITS: Stage<PooledClassifier> = {
  head: MULTIPLE_CHOICE,
  trace: (g, rows, classifier) => ({ logits: traceChoices(g, rows, classifier) }),
};

const LOGITS_AND_LOSS: Stage<PooledClassifier> = {
  head: MULTIPLE_CHOICE,
  trace(g, rows, classifier) {
    const logits = traceChoices(g, rows, classifier);
    return { logits, loss: traceCrossEntropy(g, logits) };
  },
};

/** Logits of each question's choices, `[questions, choices]`. */
export const multipleChoiceCall: PrepareCall = (inputs, config) => {
  const batch = readInputs(inputs, config, ["batch", "choices"]);
  const [questions = 0, choices = 0] = batch.leading;
  const labels = batch.labels === null ? null : classLabels(batch.labels, questions, choices);
  const head = {
    stage: labels === null ? LOGITS : LOGITS_AND_LOSS,
    inputs: { ...labels?.inputs },
    scalars: { questions, choices, ...labels?.scalars },
  };
  return {
    batch,
    rule: firstRowRule(batch),
    head,
    objective: { name: "multiple choice", smooths: true, weighs: null },
    lesson: { stage: LOGITS, comparison: "kl_divergence" },
  };
};
