/** Devices on which small models are laid out as large ones are where buffers are too small for them. */

import { requestGpu } from "../../src/gpu/device.ts";
import { adapterHas, ownDevice } from "../gpu/own_device.ts";
import { useSliceBytes } from "../../src/nn/layout/slices.ts";

/** A device of its own on which tables of words are in slices of at most `bytes`, and no larger matrix is joined. */
export async function slicedDevice(bytes: number): Promise<GPUDevice> {
  const device = await ownDevice({ requiredFeatures: await adapterHas("shader-f16") ? ["shader-f16"] : [] });
  useSliceBytes(await requestGpu({ device }), bytes);
  return device;
}
