/** Gradients of a model's loss by its weights. */

import { checkOptionNames } from "../base/options.ts";
import { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { type LossParts, readLossParts } from "../model/distillation.ts";
import { floatTensor } from "../model/common_outputs.ts";
import type { ModelCore } from "../model/core.ts";
import type { ModelParts } from "../model/head.ts";
import { gradientGroups, readGradients } from "../model/learning.ts";
import { parameterShapes } from "../model/weights/parameter_shapes.ts";
import type { HeadCall } from "./calls/head_call.ts";
import type { Teaching } from "./distillation.ts";
import { weighLabels } from "./calls/label_options.ts";
import { checkSeed, dropoutScalars, LOSS_OPTIONS, type LossOptions, runLossForEach } from "./loss_run.ts";

/** The loss of a batch, and its gradients. */
export interface Gradients {
  /** Mean loss over the labels, 0-d; with a teacher, the weighted sum of the parts. */
  loss: Tensor<"float32">;
  /** With a teacher: the parts of the loss, before they are weighted. */
  losses?: LossParts;
  /**
   * The derivative of the loss by each weight, by checkpoint name and in the checkpoint's shape; linear weights are
   * `[out, in]`. Zeros if the loss does not depend on a weight.
   */
  gradients: Map<string, Tensor<"float32">>;
}

/** Options of `gradients`; as for `forward`. */
export interface GradientOptions extends LossOptions {
  /** Every dropout probability, from 0 to 1. @default 0 */
  dropout?: number;
  /** Decides which elements are dropped: a whole number from 0 below 2^32. @default 0 */
  seed?: number;
}

/** Computes the loss of a call and its gradients. @param parts The parts of the model whose weights are meant. */
export async function gradientsOf(
  core: ModelCore,
  { call, parts, options }: {
    call: HeadCall & { teaching: Teaching | null };
    parts: ModelParts;
    options: GradientOptions;
  },
): Promise<Gradients> {
  const purpose = "compute gradients";
  checkOptionNames(purpose, options, [...LOSS_OPTIONS, "seed"]);
  const { config } = core;
  const { dropout = 0, seed = 0, ...rest } = options;
  checkSeed(purpose, seed);
  const scalars = dropoutScalars(config, { seed, step: 0 }, { dropout, purpose });
  const most = core.gpu.limits.maxBufferSize;
  const [weighed] = weighLabels([call], { ...rest, purpose }) as [typeof call];
  const { outputs, parameters } = await runLossForEach(
    { core, purpose },
    { ...weighed, options: rest },
    (parameters) => gradientGroups(parameters, most).map((learning) => ({ learning, dropout: scalars })),
  );
  const all = readGradients(outputs, parameters);
  const gradients = new Map([...parameterShapes(config, parts).keys()].map((name) => {
    const { shape, data } = all.get(name) as { shape: readonly number[]; data: Float32Array };
    return [name, new Tensor("float32", data, shape)];
  }));
  const losses = call.teaching && readLossParts([outputs]);
  return { loss: floatTensor(outputs.get("loss") as RunOutput), gradients, ...(losses && { losses }) };
}
