/** Gradients of a model's loss by its weights. */

import { InputError } from "../base/errors.ts";
import { checkOptionNames } from "../base/options.ts";
import { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { raggedOf } from "../model/batch/padded.ts";
import { toTensor } from "../model/common_outputs.ts";
import type { ModelCore } from "../model/core.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelParts } from "../model/head.ts";
import { GRADIENTS, readGradients } from "../model/learning.ts";
import { parameterShapes } from "../model/weights/parameter_shapes.ts";
import type { HeadCall } from "./calls/head_call.ts";

/** The loss of a batch, and its gradients. */
export interface Gradients {
  /** Mean loss over the labels, 0-d. */
  loss: Tensor;
  /**
   * The derivative of the loss by each weight, by checkpoint name and in the checkpoint's shape; linear weights are
   * `[out, in]`. Zeros if the loss does not depend on a weight.
   */
  gradients: Map<string, Tensor>;
}

/** Options of `gradients`; as for `forward`. */
export type GradientOptions = Pick<ForwardOptions, "narrow" | "signal">;

/** Computes the loss of a call and its gradients. @param parts The parts of the model whose weights are meant. */
export function gradientsOf(
  core: ModelCore,
  { call: { batch, rule, head }, parts, options }: { call: HeadCall; parts: ModelParts; options: GradientOptions },
): Promise<Gradients> {
  const { config } = core;
  if (core.dtype !== "f32") {
    throw new TypeError(
      `Cannot compute gradients: the weights must be f32, got ${core.dtype}; load the model with dtype: "f32"`,
    );
  }
  if (rule === "first" && batch.length === 0 && batch.sequences > 0) {
    throw new InputError("Cannot compute gradients: every sequence needs a token at position 0, got empty sequences");
  }
  checkOptionNames("compute gradients", options, ["narrow", "signal"]);
  return core.use(async (runner) => {
    const { outputs } = await runner.run({
      ragged: raggedOf(batch, rule, config.hidden_size),
      ordinary: rule === "ordinary",
      headMask: batch.headMask,
      stages: [{ ...head, rows: null, prefix: "" }],
      options,
      learning: { learning: GRADIENTS },
    });
    const all = readGradients(outputs, runner.parameters);
    const names = parameterShapes(config, parts).keys();
    const gradients = new Map([...names].map((name) => {
      const { shape, data } = all.get(name) as { shape: readonly number[]; data: Float32Array };
      return [name, new Tensor("float32", data, shape)];
    }));
    return { loss: toTensor(outputs.get("loss") as RunOutput), gradients };
  });
}
