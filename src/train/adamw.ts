/** The AdamW optimizer. */

import { adamw } from "../graph/ops/training/optimizer/adamw.ts";
import type { PreTrainedModel } from "../heads/pretrained.ts";
import { Optimizer } from "./optimizer.ts";
import { DEFAULTS, expect, isF32, LEAST_F32, type OptimizerOptions, readSettings } from "./settings.ts";
import type { UpdateRule } from "./update.ts";

/** Options of {@linkcode AdamW}; the defaults are those of `torch.optim.AdamW`, and clipping at 1. */
export interface AdamWOptions extends OptimizerOptions {
  /** How slowly the running means of the gradients and of their squares forget. @default [0.9, 0.999] */
  betas?: readonly [number, number];
  /** Added to the root of the squares; at least 2^-126, about 1.2e-38. @default 1e-8 */
  eps?: number;
}

type Settings = Required<AdamWOptions>;

const ADAMW_DEFAULTS: Settings = { ...DEFAULTS, weight_decay: 0.01, betas: [0.9, 0.999], eps: 1e-8 };

const ACTION = "make an AdamW";

/**
 * AdamW with decoupled weight decay, as `torch.optim.AdamW`, with clipping by the norm of all gradients.
 *
 * Weights decay, biases and the weights of LayerNorms do not, unless `no_decay` says otherwise.
 *
 * @example
 * ```ts
 * import { AdamW, NarrowBertConfig, NarrowBertForSequenceClassification } from "@narrowbert/webgpu";
 *
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3, num_labels: 3 });
 * using model = await NarrowBertForSequenceClassification.from_config(config); // random weights
 * using optimizer = new AdamW(model, { lr: 1e-3, frozen: ["narrow_bert.embeddings"] });
 *
 * const batch = { input_ids: [[2, 40, 41, 3], [2, 50, 51, 3]], labels: [0, 2] };
 * for (let i = 0; i < 5; i++) {
 *   const { loss, grad_norm } = await optimizer.step(batch);
 *   console.log(loss, grad_norm);
 * }
 * ```
 */
export class AdamW extends Optimizer {
  /**
   * An optimizer of a model.
   *
   * @param model Its weights are updated; every model that shares them sees that.
   * @throws {RangeError} If an option is out of range, if a pattern matches no tensor of the model, or if all are frozen.
   * @throws {TypeError} If the model is none, or there is no such option.
   * @throws {DeviceLostError} If the model's device is lost.
   */
  constructor(model: PreTrainedModel, options: AdamWOptions = {}) {
    const settings = readSettings(ACTION, options, ADAMW_DEFAULTS);
    super(model, { action: ACTION, settings, rule: ruleOf(settings) });
  }
}

function ruleOf({ betas, eps }: Pick<Settings, "betas" | "eps">): UpdateRule<"m" | "v"> {
  expect(ACTION, Number.isFinite(eps) && eps > 0, `eps must be a positive number, got ${String(eps)}`);
  const isLarge = Math.fround(eps) >= LEAST_F32 && isF32(eps);
  expect(ACTION, isLarge, `eps must be at least 2^-126 and finite as a float32, got ${eps}`);
  const isBeta = (beta: unknown) => typeof beta === "number" && beta >= 0 && beta < 1;
  const fits = Array.isArray(betas) && betas.length === 2 && betas.every(isBeta);
  expect(ACTION, fits, `betas must be two numbers from 0 and below 1, got ${String(betas)}`);
  return {
    moments: ["m", "v"],
    betas,
    update: (g, { moments, ...call }) => adamw(g, { ...call, ...moments, betas, eps }),
  };
}
