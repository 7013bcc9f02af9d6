/** The devices on which golden cases run. */

import { requestGpu } from "../../src/gpu/device.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { useTuning } from "../../src/kernels/tuning/tuning.ts";
import { ownDevice } from "../gpu/own_device.ts";
import { slicedDevice } from "../nn/sliced_device.ts";

/**
 * The default device; one of the limits and features that every WebGPU device has, with the kernels of a GPU; and one
 * on which tables of 99 words of 32 columns are in four slices, and no projections in one matrix. Each with what it adds
 * to the name of a test.
 */
export async function devices(): Promise<[where: string, device: GPUDevice | undefined][]> {
  const least = await ownDevice();
  useTuning(await requestGpu({ device: least }), defaultTuning("other"));
  return [
    ["", undefined],
    [" with a GPU's kernels on the least device", least],
    [" with words in slices", await slicedDevice(4096)],
  ];
}
