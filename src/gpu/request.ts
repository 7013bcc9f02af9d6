/** The GPU as users of the library see it. */

import type { AdapterClass, AdapterDescription } from "./adapter.ts";
import { type GpuOptions, requestGpu as request } from "./device.ts";

/** A device that models run on. */
export interface GpuInfo {
  /** The WebGPU device. */
  readonly device: GPUDevice;
  /** The adapter's name, as the command line prints it. */
  readonly name: string;
  /** What the adapter says of itself. */
  readonly adapter: AdapterDescription;
  /** Which tuned kernels it takes. */
  readonly adapterClass: AdapterClass;
  /** Limits of the device, raised to those of the adapter. */
  readonly limits: GPUSupportedLimits;
  /** Features of the device. */
  readonly features: GPUSupportedFeatures;
  /** Whether the device was lost: its models must be loaded again. */
  readonly lost: boolean;
}

/**
 * The process's own device, or a description of the caller's. The process's own is made on first use; all models that
 * are given no other device share it.
 *
 * @example
 * ```ts
 * import { requestGpu } from "@narrowbert/webgpu";
 *
 * const { name, limits } = await requestGpu();
 * console.log(name, limits.maxBufferSize);
 * ```
 *
 * @throws {NoAdapterError} If there is no WebGPU adapter, or none that gives a device; the message says what to do.
 * @throws {DeviceLostError} If the caller's device is lost.
 */
export function requestGpu(options: GpuOptions = {}): Promise<GpuInfo> {
  return request(options);
}
