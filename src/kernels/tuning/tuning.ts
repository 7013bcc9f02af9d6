/** Which variants run on a device: the shipped ones of its class, or those that a tuner or a program chose. */

import type { Gpu } from "../../gpu/device.ts";
import { defaultTuning } from "./shipped.ts";
import type { Tuning } from "./slots.ts";

const tunings = new WeakMap<Gpu, Tuning>();

/** What runs on a device: what {@linkcode useTuning} set, else the default of its class. */
export function tuningOf(gpu: Gpu): Tuning {
  return tunings.get(gpu) ?? defaultTuning(gpu.adapterClass, gpu.limits);
}

/** Makes programs that are traced from now on run with some variants in place of the defaults. */
export function useTuning(gpu: Gpu, tuning: Partial<Tuning>): void {
  tunings.set(gpu, { ...defaultTuning(gpu.adapterClass, gpu.limits), ...tuning });
}

/** Whether {@linkcode useTuning} was called for a device. */
export function isTuned(gpu: Gpu): boolean {
  return tunings.has(gpu);
}
