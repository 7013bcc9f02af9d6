/** Which rows a call computes, by its inputs. */

import { InputError } from "../../base/errors.ts";
import type { Batch } from "./inputs.ts";
import type { RowRule } from "./ragged.ts";

/**
 * The rule of models with a pooler: each sequence's first row.
 *
 * @throws {InputError} If `narrow_mask` chooses others.
 */
export function firstRowRule({ narrow }: Batch): RowRule {
  if (narrow !== null) {
    throw new InputError(
      "Cannot run a model that has a pooler with narrow_mask: its narrow row is position 0 of each sequence; " +
        "leave narrow_mask out, or load NarrowBertModel with add_pooling_layer: false",
    );
  }
  return "first";
}

/** The rule of models without a pooler: the rows of `narrow_mask`, or all layers over all tokens. */
export function maskedRowRule({ narrow }: Batch): RowRule {
  return narrow === null ? "ordinary" : "narrow_mask";
}
