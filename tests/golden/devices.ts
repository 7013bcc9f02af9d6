/** The devices on which golden cases run. */

import { requestGpu } from "../../src/gpu/device.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { useTuning } from "../../src/kernels/tuning/tuning.ts";
import { ownDevice } from "../gpu/own_device.ts";

/**
 * The default device, and one of the limits and features that every WebGPU device has, with the kernels of a GPU; each
 * with what it adds to the name of a test.
 */
export async function devices(): Promise<[where: string, device: GPUDevice | undefined][]> {
  const least = await ownDevice();
  useTuning(await requestGpu({ device: least }), defaultTuning("other"));
  return [["", undefined], [" with a GPU's kernels on the least device", least]];
}
