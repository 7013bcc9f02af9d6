/** The warning that narrow layers run as ordinary ones. */

import { warn } from "../base/warn.ts";
import type { ModelCore } from "../model/core.ts";

/** The models that have given the warning. */
const warned = new WeakSet<ModelCore>();

/** Warns once that narrow layers run as ordinary ones, which a NarrowBERT did not learn. */
export function warnOrdinary(core: ModelCore): void {
  const { full_length_layers: full, num_hidden_layers: layers } = core.config;
  if (full === layers || warned.has(core)) return;
  warned.add(core);
  warn(
    `no narrow_mask was given, so all ${layers} layers run over all tokens as in an ordinary BERT; a model trained ` +
      `with ${full} full layers computes something else than it learned. ` +
      "Pass narrow_mask (for all rows, attention_mask)",
  );
}
