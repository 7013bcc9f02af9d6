/** Devices on which small models are laid out as large ones are where buffers are too small for them. */

import { requestGpu } from "../../src/gpu/device.ts";
import { useSliceBytes } from "../../src/nn/layout/slices.ts";

/** A device of its own on which tables of words are in slices of at most `bytes`, and no larger matrix is joined. */
export async function slicedDevice(bytes: number): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter() as GPUAdapter;
  const features = ["shader-f16"] as const;
  const requiredFeatures = features.filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredFeatures });
  useSliceBytes(await requestGpu({ device }), bytes);
  return device;
}
