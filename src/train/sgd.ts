/** Gradient descent with momentum. */

import { sgd } from "../graph/ops/training/optimizer/sgd.ts";
import type { PreTrainedModel } from "../heads/pretrained.ts";
import { Optimizer } from "./optimizer.ts";
import { DEFAULTS, expect, type OptimizerOptions, readSettings } from "./settings.ts";
import type { UpdateRule } from "./update.ts";

/** Options of {@linkcode SGD}; the defaults are those of `torch.optim.SGD`, and clipping at 1. */
export interface SGDOptions extends OptimizerOptions {
  /** How much of the last step's direction stays in the next: from 0 and below 1. @default 0 */
  momentum?: number;
}

const SGD_DEFAULTS: Required<SGDOptions> = { ...DEFAULTS, weight_decay: 0, momentum: 0 };

const ACTION = "make an SGD";

/**
 * Gradient descent with momentum, as `torch.optim.SGD` without dampening, with clipping by the norm of all gradients.
 *
 * Weight decay is added to the gradient after clipping. It leaves biases and the weights of LayerNorms alone, unless
 * `no_decay` says otherwise.
 *
 * @example
 * ```ts
 * import { NarrowBertConfig, NarrowBertForTokenClassification, SGD } from "@narrowbert/webgpu";
 *
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3, num_labels: 3 });
 * using model = await NarrowBertForTokenClassification.from_config(config); // random weights
 * using optimizer = new SGD(model, { lr: 0.1, momentum: 0.9, lr_factors: { classifier: 10 } });
 *
 * const { loss } = await optimizer.step({ input_ids: [[2, 40, 41, 3]], labels: [[0, 1, 2, 0]] });
 * console.log(loss);
 * ```
 */
export class SGD extends Optimizer {
  /**
   * An optimizer of a model.
   *
   * @param model Its weights are updated; every model that shares them sees that.
   * @throws {RangeError} If an option is out of range, if a pattern matches no tensor of the model, or if all are frozen.
   * @throws {TypeError} If the model is none, or there is no such option.
   * @throws {DeviceLostError} If the model's device is lost.
   */
  constructor(model: PreTrainedModel, options: SGDOptions = {}) {
    const settings = readSettings(ACTION, options, SGD_DEFAULTS);
    super(model, { action: ACTION, settings, rule: ruleOf(settings.momentum) });
  }
}

function ruleOf(factor: number): UpdateRule<"momentum"> {
  expect(ACTION, factor >= 0 && factor < 1, `momentum must be a number from 0 and below 1, got ${String(factor)}`);
  return {
    moments: ["momentum"],
    betas: [0, 0],
    update: (g, { moments, ...call }) => sgd(g, { ...call, ...moments, factor }),
  };
}
