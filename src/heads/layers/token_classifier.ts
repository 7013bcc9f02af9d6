/** A linear layer on each narrow row. */

import type { Head } from "../../model/head.ts";
import { Linear } from "../../nn/linear.ts";

const PREFIX = "classifier";

/** Scores of each label for a token. */
export const TOKEN_CLASSIFICATION: Head<Linear> = {
  name: "token_classification",
  classes: ["ForTokenClassification"],
  pooling: false,
  prefix: PREFIX,
  declare: (parameters, { config }) =>
    new Linear(parameters, PREFIX, { inputs: config.hidden_size, outputs: config.num_labels }),
  probe: {
    trace: (g, rows, classifier) => classifier.apply(g, rows),
    twin: (twin, rows, { config }) => ({ rows: twin.dense(rows, PREFIX, config.num_labels) }),
  },
};
