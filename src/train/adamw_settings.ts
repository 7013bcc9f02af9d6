/** The settings of AdamW. */

import { checkOptionNames } from "../base/options.ts";
import { checkSeed } from "../heads/loss_run.ts";

/** Settings of AdamW; the defaults are those of `torch.optim.AdamW`, and clipping at 1 as in Hugging Face's trainer. */
export interface AdamWSettings {
  /** Learning rate. @default 1e-3 */
  lr: number;
  /** How fast the running means of the gradients and of their squares forget. @default [0.9, 0.999] */
  betas: readonly [number, number];
  /** Added to the root of the squares. @default 1e-8 */
  eps: number;
  /** Share of a weight that a step of learning rate 1 takes away. @default 0.01 */
  weight_decay: number;
  /** Larger gradients are scaled down to this norm; 0 for no clipping. @default 1 */
  max_grad_norm: number;
  /** Decides which elements dropout zeroes: a whole number from 0 below 2^32. @default 0 */
  seed: number;
}

const DEFAULTS: AdamWSettings = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0.01,
  max_grad_norm: 1,
  seed: 0,
};

/**
 * Settings with their defaults.
 *
 * @throws {RangeError} If one is out of range.
 * @throws {TypeError} If there is no such setting.
 */
export function readSettings(given: Partial<AdamWSettings>): AdamWSettings {
  checkOptionNames("make an AdamW", given, Object.keys(DEFAULTS));
  const settings = { ...DEFAULTS, ...given };
  const { lr, betas, eps, weight_decay, max_grad_norm, seed } = settings;
  for (const [name, value] of Object.entries({ lr, weight_decay, max_grad_norm })) {
    expect(name, value, { fits: Number.isFinite(value) && value >= 0, expected: "a number from 0" });
  }
  expect("eps", eps, { fits: Number.isFinite(eps) && eps > 0, expected: "a positive number" });
  checkSeed("make an AdamW", seed);
  const isBeta = (beta: unknown) => typeof beta === "number" && beta >= 0 && beta < 1;
  const fits = Array.isArray(betas) && betas.length === 2 && betas.every(isBeta);
  expect("betas", betas, { fits, expected: "two numbers from 0 and below 1" });
  return settings;
}

function expect(name: string, value: unknown, { fits, expected }: { fits: boolean; expected: string }): void {
  if (!fits) throw new RangeError(`Cannot make an AdamW: ${name} must be ${expected}, got ${String(value)}`);
}
