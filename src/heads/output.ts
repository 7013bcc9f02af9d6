/** Results of the classes with a head. */

import type { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { floatTensor } from "../model/common_outputs.ts";
import type { CommonOutputs } from "../model/forward_options.ts";

/** Results of a model with a head. */
export interface HeadOutput extends CommonOutputs {
  /** Mean loss over the labels, 0-d; only with labels. */
  loss?: Tensor<"float32">;
  /** Scores before softmax or sigmoid; each class says their shape. */
  logits: Tensor<"float32">;
}

/** Puts logits, the loss if there is one, and the common results together. */
export function headOutput(
  logits: Tensor<"float32">,
  outputs: ReadonlyMap<string, RunOutput>,
  common: CommonOutputs,
): HeadOutput {
  const loss = outputs.get("loss");
  return { ...(loss && { loss: floatTensor(loss) }), logits, ...common };
}
