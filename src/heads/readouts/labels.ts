/** Readouts of classifiers: labels of a text, labels of its tokens, the score of a choice. */

import type { Linear } from "../../nn/linear.ts";
import { MULTIPLE_CHOICE, type PooledClassifier, SEQUENCE_CLASSIFICATION } from "../layers/pooled_classifier.ts";
import { TOKEN_CLASSIFICATION } from "../layers/token_classifier.ts";
import { FIRST, type PositionsAsk, positionsOf, type Readout, type ReadoutAnswer, rowsOf } from "./readout.ts";

/** Options of readouts that have none. */
export type NothingAsked = Readonly<Record<string, never>>;

/** `label_logits`: the logits of each label for a text, `[labels]`. */
export const labelLogits: Readout<"label_logits", NothingAsked, ReadoutAnswer, PooledClassifier> = {
  name: "label_logits",
  head: SEQUENCE_CLASSIFICATION,
  rows: () => FIRST,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
};

/** `choice_logit`: the logit of a choice, of which a text is the prompt and the choice together, `[1]`. */
export const choiceLogit: Readout<"choice_logit", NothingAsked, ReadoutAnswer, PooledClassifier> = {
  name: "choice_logit",
  head: MULTIPLE_CHOICE,
  rows: () => FIRST,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
};

/** `token_logits`: the logits of each label at some positions, `[positions, labels]`. */
export const tokenLogits: Readout<"token_logits", PositionsAsk, ReadoutAnswer, Linear> = {
  name: "token_logits",
  head: TOKEN_CLASSIFICATION,
  rows: positionsOf,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
};
