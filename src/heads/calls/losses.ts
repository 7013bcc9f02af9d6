/** The heads that have a loss, and how their calls are prepared. */

import { InputError } from "../../base/errors.ts";
import type { ModelInputs } from "../../model/batch/inputs.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ModelHead } from "../../model/head.ts";
import { MASKED_LM } from "../layers/masked_lm.ts";
import { MULTIPLE_CHOICE, SEQUENCE_CLASSIFICATION } from "../layers/pooled_classifier.ts";
import { TOKEN_CLASSIFICATION } from "../layers/token_classifier.ts";
import type { HeadCall, PrepareCall } from "./head_call.ts";
import { maskedLMCall } from "./masked_lm.ts";
import { multipleChoiceCall } from "./multiple_choice.ts";
import { sequenceClassificationCall } from "./sequence_classification.ts";
import { tokenClassificationCall } from "./token_classification.ts";

const CALLS = new Map<ModelHead, PrepareCall>([
  [MASKED_LM, maskedLMCall],
  [SEQUENCE_CLASSIFICATION, sequenceClassificationCall],
  [MULTIPLE_CHOICE, multipleChoiceCall],
  [TOKEN_CLASSIFICATION, tokenClassificationCall],
]);

/**
 * The call of a class that computes its loss.
 *
 * @param purpose What the loss is for, in messages: `compute gradients`.
 * @param teacherWeight The share that is learned from a teacher, if there is one; if it is 1, labels may be left out.
 * @throws {TypeError} If the class has no loss.
 * @throws {InputError} If there are no labels, or an input does not fit the model.
 */
export function lossCall(
  { head, name }: { head: ModelHead; name: string },
  { inputs, config, purpose, teacherWeight }: {
    inputs: ModelInputs;
    config: NarrowBertConfig;
    purpose: string;
    teacherWeight?: number;
  },
): HeadCall {
  const prepare = CALLS.get(head);
  if (prepare === undefined) {
    throw new TypeError(`Cannot ${purpose} of a ${name}: it has no loss; load a class with a head`);
  }
  const call = prepare(inputs, config);
  if (call.batch.labels !== null || teacherWeight === 1) return call;
  const cure = teacherWeight === undefined ? "" : "; only a teacher of weight 1 replaces them";
  throw new InputError(`Cannot ${purpose}: labels must be given, got none${cure}`);
}
