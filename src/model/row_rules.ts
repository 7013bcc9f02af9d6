/** Which rows a call computes, by what its inputs say. */

import { InputError } from "../base/errors.ts";
import { Tensor } from "../base/tensor.ts";
import { warn } from "../base/warn.ts";
import type { RunOutput } from "../graph/program.ts";
import type { NarrowBertConfig } from "./config.ts";
import type { Batch } from "./inputs.ts";
import type { RowRule } from "./packing.ts";

/** The rule of models with a pooler: each sequence's first row, and no choice. */
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

const warned = new WeakSet<NarrowBertConfig>();

/** Says once per model that its narrow layers run as ordinary ones, which is not what a NarrowBERT learned. */
export function warnOrdinary(config: NarrowBertConfig): void {
  const { full_length_layers: full, num_hidden_layers: layers } = config;
  if (full === layers || warned.has(config)) return;
  warned.add(config);
  warn(
    `no narrow_mask was given, so all ${layers} layers run over all tokens as in an ordinary BERT; a model trained ` +
      `with ${full} full layers computes something else than it learned. Pass narrow_mask (for all rows, attention_mask)`,
  );
}

/** A program's output as a tensor. */
export function toTensor({ data, dims }: RunOutput): Tensor {
  return new Tensor(data instanceof Uint32Array ? "uint32" : "float32", data, dims);
}
