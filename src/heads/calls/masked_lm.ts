/** Calls of the masked language model. */

import { readInputs } from "../../model/batch/inputs.ts";
import { maskedRowRule } from "../../model/batch/row_rules.ts";
import type { Stage } from "../../model/stage.ts";
import { rowLabels, rowsOfLabels, traceCrossEntropy } from "../labels.ts";
import { MASKED_LM, type MaskedLMHead } from "../layers/masked_lm.ts";
import type { PrepareCall } from "./head_call.ts";

const LOGITS: Stage<MaskedLMHead> = {
  head: MASKED_LM,
  trace: (g, rows, head) => ({ logits: head.apply(g, rows) }),
};

const LOGITS_AND_LOSS: Stage<MaskedLMHead> = {
  head: MASKED_LM,
  trace(g, rows, head) {
    const logits = head.apply(g, rows);
    return { logits, loss: traceCrossEntropy(g, logits) };
  },
};

/** Logits of the rows of `narrow_mask`, or of labels over -100, which win over it; of all tokens without either. */
export const maskedLMCall: PrepareCall = (inputs, config) => {
  const batch = rowsOfLabels(readInputs(inputs, config), config.vocab_size);
  const { labels } = batch;
  const head = labels === null ? { stage: LOGITS } : { stage: LOGITS_AND_LOSS, ...rowLabels(labels) };
  return {
    batch,
    rule: maskedRowRule(batch),
    head,
    objective: { name: "masked words", smooths: true, weighs: config.vocab_size },
    lesson: { stage: LOGITS, comparison: "kl_divergence" },
  };
};
