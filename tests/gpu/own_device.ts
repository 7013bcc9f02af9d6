/** Devices of a test's own, which it may destroy. */

import assert from "node:assert/strict";

/** A device with the default limits and no features, or those given. */
export async function ownDevice(descriptor?: GPUDeviceDescriptor): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  assert.ok(adapter !== null);
  const device = await adapter.requestDevice(descriptor);
  // Deno 2.9 panics if a device's info is first read after its adapter was garbage-collected; now it is remembered.
  assert.equal(device.adapterInfo.vendor, adapter.info.vendor);
  return device;
}

/** Whether this machine's adapter has a feature. */
export async function adapterHas(feature: GPUFeatureName): Promise<boolean> {
  const adapter = await navigator.gpu.requestAdapter();
  assert.ok(adapter !== null);
  return adapter.features.has(feature);
}
