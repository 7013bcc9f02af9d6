/** From the checked call of a class with one stage to the call of its model's runner. */

import { InputError } from "../base/errors.ts";
import { warn } from "../base/warn.ts";
import { raggedOf } from "../model/batch/padded.ts";
import { isOrdinary } from "../model/config/halves.ts";
import type { ModelCore } from "../model/core.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { RunCall } from "../model/runner.ts";
import type { RunnableCall } from "./calls/head_call.ts";

/**
 * Packs a padded batch for its stage, and warns once if narrow layers run as ordinary ones.
 *
 * @param purpose What the call is for, in messages: `run the model`.
 * @throws {InputError} If first rows are asked of empty sequences.
 */
export function runCallOf(
  { core, purpose }: { core: ModelCore; purpose: string },
  { batch, rule, head, options }: RunnableCall & { options: ForwardOptions },
): RunCall {
  checkFirstRows(purpose, { batch, rule });
  if (rule === "ordinary") warnOrdinary(core);
  return {
    ragged: raggedOf(batch, rule, core.config.hidden_size),
    ordinary: rule === "ordinary",
    headMask: batch.headMask,
    stages: [{ ...head, rows: null, prefix: "" }],
    options,
  };
}

/** @throws {InputError} If first rows are asked of empty sequences. */
export function checkFirstRows(purpose: string, { batch, rule }: Pick<RunnableCall, "batch" | "rule">): void {
  if (rule !== "first" || batch.length > 0 || batch.sequences === 0) return;
  throw new InputError(`Cannot ${purpose}: every sequence needs a token at position 0, got empty sequences`);
}

/** The models that have given the warning. */
const warned = new WeakSet<ModelCore>();

/** Warns once that narrow layers run as ordinary ones, which a NarrowBERT did not learn. */
function warnOrdinary(core: ModelCore): void {
  const { full_length_layers: full, num_hidden_layers: layers } = core.config;
  if (isOrdinary(core.config) || warned.has(core)) return;
  warned.add(core);
  warn(
    `no narrow_mask was given, so all ${layers} layers run over all tokens as in an ordinary BERT; a model trained ` +
      `with ${full} full layers computes something else than it learned. ` +
      "Pass narrow_mask (for all rows, attention_mask)",
  );
}
