/** What tests of 16-bit weights assert on adapters that cannot compute with them. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";

/** How a model with 16-bit weights is refused on such a device. */
export const NO_HALVES = {
  name: "RangeError",
  message: /^Cannot make a model with dtype "f16": .* lacks the feature shader-f16, .*; use dtype "f32"$/,
};

/**
 * Whether the process's device computes with 16-bit weights. If not, a model that has them must be refused with the cure,
 * and take no memory.
 *
 * @param load Makes a model with 16-bit weights.
 */
export async function hasHalves(load: () => Promise<unknown>): Promise<boolean> {
  const gpu = await requestGpu();
  if (gpu.features.has("shader-f16")) return true;
  const { liveBytes } = gpu.counts;
  await assert.rejects(load(), NO_HALVES);
  assert.equal(gpu.counts.liveBytes, liveBytes);
  return false;
}
