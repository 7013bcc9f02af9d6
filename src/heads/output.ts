/** Results of the classes with a head. */

import type { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { toTensor } from "../model/common_outputs.ts";
import type { CommonOutputs } from "../model/forward_options.ts";

/** Results of a model with a head. */
export interface HeadOutput extends CommonOutputs {
  /** Mean loss over the labels, 0-d; only with labels. */
  loss?: Tensor;
  /** Scores before softmax or sigmoid; each class says their shape. */
  logits: Tensor;
}

/** Puts logits, the loss if there is one, and the common results together. */
export function headOutput(logits: Tensor, outputs: ReadonlyMap<string, RunOutput>, common: CommonOutputs): HeadOutput {
  const loss = outputs.get("loss");
  return { ...(loss && { loss: toTensor(loss) }), logits, ...common };
}
