/** The settings that all optimizers have. */

import { checkOptionNames } from "../base/options.ts";
import { checkSeed } from "../heads/loss_run.ts";

/**
 * Options that all optimizers have.
 *
 * Some name tensors by patterns of their checkpoint names, those of `state_dict`. A pattern is a name, or what stands
 * above names, as `narrow_bert.encoder.layer.0` for all tensors of that layer. In it `*` stands for anything, dots too:
 * `*.bias`.
 */
export interface OptimizerOptions {
  /** Learning rate. @default 1e-3 */
  lr?: number;
  /** How much a weight shrinks, in units of itself and the learning rate. @default 0.01 for AdamW, 0 for SGD */
  weight_decay?: number;
  /** Larger gradients are scaled down to this norm of them all; 0 for no clipping. @default 1, as Hugging Face's trainer */
  max_grad_norm?: number;
  /** Decides which elements dropout zeroes: a whole number from 0 below 2^32. @default 0 */
  seed?: number;
  /**
   * Patterns of tensors that are not updated. They do not count in the norm of the gradients. If all of a layer is
   * frozen, and all below it, a step computes no gradients there, so it is faster. @default []
   */
  frozen?: readonly string[];
  /** Factors of the learning rate by pattern, from 0; of those that match a tensor the last counts. @default {} */
  lr_factors?: Readonly<Record<string, number>>;
  /** Patterns of tensors without weight decay. @default `["*.bias", "*LayerNorm*"]` */
  no_decay?: readonly string[];
}

/** The settings that all optimizers have. */
export type OptimizerSettings = Required<OptimizerOptions>;

/** The settings that differ from step to step. */
export type Rates = Pick<OptimizerSettings, "lr" | "weight_decay" | "max_grad_norm">;

/** The defaults of all optimizers but for weight decay. */
export const DEFAULTS = {
  lr: 1e-3,
  max_grad_norm: 1,
  seed: 0,
  frozen: [],
  lr_factors: {},
  no_decay: ["*.bias", "*LayerNorm*"],
} as const;

/**
 * Options laid over defaults, and checked but for patterns. One that is undefined is left out.
 *
 * @param action What the settings are for, in messages: `make an AdamW`.
 * @throws {RangeError} If one is out of range.
 * @throws {TypeError} If there is no such option.
 */
export function readSettings<S extends OptimizerSettings>(action: string, given: Partial<S>, defaults: S): S {
  checkOptionNames(action, given, Object.keys(defaults));
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const settings: S = { ...defaults, ...Object.fromEntries(set) };
  checkRates(action, settings);
  checkSeed(action, settings.seed);
  return settings;
}

/** Checks the settings that differ from step to step. @throws {RangeError} If one is out of range. */
export function checkRates(action: string, { lr, weight_decay, max_grad_norm }: Rates): void {
  for (const [name, value] of Object.entries({ lr, weight_decay, max_grad_norm })) {
    expect(action, Number.isFinite(value) && value >= 0, `${name} must be a number from 0, got ${String(value)}`);
    expect(action, isF32(value), `${name} must be finite as a float32, got ${value}`);
  }
  const decay = `${lr} and ${weight_decay}`;
  expect(action, isF32(lr * weight_decay), `lr times weight_decay must be finite as a float32, got ${decay}`);
  const isBound = max_grad_norm === 0 || Math.fround(max_grad_norm) >= LEAST_F32;
  expect(action, isBound, `max_grad_norm must be 0, for no clipping, or at least 2^-126, got ${max_grad_norm}`);
}

/** Checks the learning rates of groups. @throws {RangeError} If one is infinite on the GPU. */
export function checkFactors(action: string, { lr, lr_factors }: Pick<OptimizerSettings, "lr" | "lr_factors">): void {
  for (const [pattern, factor] of Object.entries(lr_factors)) {
    const text = `got ${lr} and ${factor} for "${pattern}"`;
    expect(action, isF32(lr * factor), `lr times a factor of lr_factors must be finite as a float32, ${text}`);
  }
}

/** The least normal f32; a GPU may take smaller numbers for 0. */
export const LEAST_F32 = 2 ** -126;

/** Whether a number is finite on the GPU, which computes in f32. */
export function isF32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/** @throws {RangeError} If a setting does not fit, with the text. */
export function expect(action: string, fits: boolean, text: string): void {
  if (!fits) throw new RangeError(`Cannot ${action}: ${text}`);
}
