/** Options for the device and the precision that a model computes with. */

import { type Gpu, requestGpu } from "../gpu/device.ts";
import type { Latency } from "../gpu/readback.ts";
import { loadTuning } from "../kernels/tuning/remembered.ts";
import type { WeightDtype } from "../nn/layout/upload.ts";

/** Names of the device that the library opens itself. */
const OWN_DEVICES = ["auto", "gpu", "webgpu"];

/** Whether a device is left to the library. */
export function isOwnDevice(device: DeviceOptions["device"]): device is Exclude<DeviceOptions["device"], GPUDevice> {
  return device === undefined || OWN_DEVICES.some((name) => name === device);
}

/** The device that a model computes on, and how it does. */
export interface DeviceOptions {
  /**
   * A GPU device of the caller's own; it is never destroyed. Keep its adapter until the model is loaded: Deno 2.9 panics
   * if the info of a device is first read when its adapter was garbage-collected. `"webgpu"`, `"gpu"` and `"auto"`, as
   * transformers.js has them, mean the default; there is no other.
   *
   * @default a device that all models of the process share
   */
  device?: GPUDevice | "auto" | "gpu" | "webgpu";
  /**
   * Element type of the weights of products and of the word embeddings on the GPU. `f16` halves their memory; it needs
   * a device with the feature `shader-f16`. All other weights, and all computing, have 32 bits. `auto` is `f32`; `fp32`
   * and `fp16`, as transformers.js has them, mean the same.
   *
   * @default "auto"
   */
  dtype?: "f32" | "f16" | "auto" | "fp32" | "fp16";
  /**
   * `low` saves about 10 ms of every call, which Deno's `mapAsync` takes beyond the work: in versions that are known to
   * allow it results are read without its promise. Elsewhere it changes nothing.
   *
   * @default "normal"
   */
  latency?: "normal" | "low";
}

/** Values of {@linkcode DeviceOptions.dtype}, and what they mean. */
const WEIGHT_DTYPES: Readonly<Record<NonNullable<DeviceOptions["dtype"]>, WeightDtype>> = {
  f32: "f32",
  f16: "f16",
  auto: "f32",
  fp32: "f32",
  fp16: "f16",
};

/** Values of {@linkcode DeviceOptions.dtype}. */
export const DTYPES = Object.keys(WEIGHT_DTYPES) as readonly NonNullable<DeviceOptions["dtype"]>[];

/** Names of the {@linkcode DeviceOptions}. */
export const DEVICE_OPTIONS = ["device", "dtype", "latency"];

/** The options, resolved. */
export interface DeviceChoice {
  gpu: Gpu;
  dtype: WeightDtype;
  latency: Latency;
}

/**
 * Checks the values of the options.
 *
 * @throws {TypeError} If the device is no GPUDevice.
 * @throws {RangeError} If another value is unknown.
 */
export function checkDeviceOptions({ device, dtype = "auto", latency = "normal" }: DeviceOptions): void {
  if (!isOwnDevice(device) && typeof device?.createBuffer !== "function") {
    const found = typeof device === "string" ? `"${device}"` : String(device);
    throw new TypeError(
      `Cannot make a model with device ${found}: it must be a GPUDevice, or "webgpu"; left out, the model opens one itself`,
    );
  }
  checkChoice("dtype", dtype, DTYPES);
  checkChoice("latency", latency, ["normal", "low"]);
}

/**
 * Opens the device that a model computes on.
 *
 * @throws {NoAdapterError} If there is none.
 * @throws {DeviceLostError} If the device is lost.
 * @throws {RangeError} If f16 weights are asked for and the device cannot compute with them.
 */
export async function openDevice(
  { device, dtype = "auto", latency = "normal" }: DeviceOptions,
): Promise<DeviceChoice> {
  const gpu = await requestGpu(isOwnDevice(device) ? {} : { device });
  const weights = WEIGHT_DTYPES[dtype];
  if (weights === "f16" && !gpu.features.has("shader-f16")) {
    throw new RangeError(
      `Cannot make a model with dtype "f16": ${gpu.name} lacks the feature shader-f16, or the device was made ` +
        'without it; use dtype "f32"',
    );
  }
  await loadTuning(gpu);
  return { gpu, dtype: weights, latency };
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.some((choice) => choice === value)) return;
  const expected = choices.map((choice) => `"${choice}"`);
  const listed = `${expected.slice(0, -1).join(", ")} or ${expected.at(-1)}`;
  throw new RangeError(`Cannot make a model with ${name} ${JSON.stringify(value)}: it must be ${listed}`);
}
