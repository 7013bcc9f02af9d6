/** Readouts of classifiers: labels of a text, labels of its tokens, the score of a choice. */

import { MULTIPLE_CHOICE, SEQUENCE_CLASSIFICATION } from "../layers/pooled_classifier.ts";
import { TOKEN_CLASSIFICATION } from "../layers/token_classifier.ts";
import { defineReadout, FIRST, positionsOf, rowsOf } from "./definition.ts";
import type { NothingAsked, PositionsAsk, Readout } from "./readout.ts";

/** `label_logits`: the logits of each label for a text, `[labels]`. */
export const labelLogits: Readout<"label_logits", NothingAsked> = defineReadout({
  name: "label_logits",
  options: [],
  head: SEQUENCE_CLASSIFICATION,
  rows: () => FIRST,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
});

/** `choice_logit`: the logit of a choice, of which a text is the prompt and the choice together, `[1]`. */
export const choiceLogit: Readout<"choice_logit", NothingAsked> = defineReadout({
  name: "choice_logit",
  options: [],
  head: MULTIPLE_CHOICE,
  rows: () => FIRST,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
});

/** `token_logits`: the logits of each label at some positions, `[positions, labels]`. */
export const tokenLogits: Readout<"token_logits", PositionsAsk> = defineReadout({
  name: "token_logits",
  options: ["positions"],
  head: TOKEN_CLASSIFICATION,
  rows: positionsOf,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("logits"), rows) }),
});
