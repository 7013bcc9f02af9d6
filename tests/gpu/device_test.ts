import assert from "node:assert/strict";
import { DeviceLostError, NarrowBertModel } from "../../mod.ts";
import type { AdapterClass } from "../../src/gpu/adapter.ts";
import { Gpu, requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { fakeDevice, limits } from "./fake_devices.ts";
import { ownDevice } from "./own_device.ts";

/** Makes the device report an error, and waits for the report. */
async function provokeError(device: GPUDevice): Promise<void> {
  const reported = new Promise((resolve) => device.addEventListener("uncapturederror", resolve, { once: true }));
  device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  await reported;
}

Deno.test("the process has one device of its own, and one Gpu for each device of a caller", async () => {
  assert.equal(await requestGpu(), await requestGpu());
  const device = await ownDevice();
  const gpu = await requestGpu({ device });
  assert.equal(gpu.device, device);
  assert.equal(await requestGpu({ device }), gpu);
  assert.notEqual(await requestGpu(), gpu);
  device.destroy();
});

Deno.test("the shared device has all the adapter's memory limits", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const { limits } = await requestGpu();
  for (const name of ["maxBufferSize", "maxStorageBufferBindingSize"] as const) {
    assert.equal(limits[name], adapter!.limits[name]);
  }
});

Deno.test("a limit of buffers is raised as far as the adapter has it, so that words are cut as late as may be", async () => {
  const { gpu } = navigator;
  for (const maxStorageBufferBindingSize of [2 ** 27, 2 ** 32 - 4]) {
    const adapterLimits = limits({ maxBufferSize: 2 ** 33, maxStorageBufferBindingSize });
    const asked: GPUDeviceDescriptor[] = [];
    const adapter = {
      limits: adapterLimits,
      features: new Set(),
      requestDevice(descriptor: GPUDeviceDescriptor) {
        asked.push(descriptor);
        return Promise.resolve(
          fakeDevice({ limits: adapterLimits, lost: new Promise(() => {}), addEventListener() {} }),
        );
      },
    };
    Object.defineProperty(gpu, "requestAdapter", { value: () => Promise.resolve(adapter), configurable: true });
    try {
      const { buffers } = await requestGpu({ checked: false });
      const { maxBufferSize, maxStorageBufferBindingSize: binding } = asked[0]!.requiredLimits!;
      assert.deepEqual([maxBufferSize, binding], [2 ** 33, maxStorageBufferBindingSize]);
      assert.equal(buffers.largest, Math.floor(maxStorageBufferBindingSize / 16) * 16);
    } finally {
      Reflect.deleteProperty(gpu, "requestAdapter");
    }
  }
  assert.ok(await gpu.requestAdapter() instanceof GPUAdapter);
});

Deno.test("a model leaves the device that it was given alive, with nothing on it", async () => {
  const device = await ownDevice();
  const gpu = await requestGpu({ device });
  const model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { device });
  assert.ok(gpu.buffers.liveBytes > 0);
  model.dispose();
  assert.equal(gpu.buffers.liveBytes, 0);
  using again = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { device });
  const { pooler_output } = await again.forward({ input_ids: [[1, 2, 3]] });
  assert.deepEqual(pooler_output!.dims, [1, 32]);
});

Deno.test("check tells an error of the device once", async () => {
  const device = await ownDevice();
  const gpu = new Gpu(device);
  gpu.check();
  await provokeError(device);
  assert.throws(() => gpu.check(), /^Error: WebGPU reported an error: .*MAP/);
  gpu.check();
  assert.equal(gpu.lost, false);
  device.destroy();
});

Deno.test("check tells of a lost device every time, with the cure", async () => {
  const device = await ownDevice();
  const gpu = new Gpu(device);
  device.destroy();
  await device.lost;
  await Promise.resolve();
  assert.equal(gpu.lost, true);
  for (let i = 0; i < 2; i++) {
    assert.throws(() => gpu.check(), (error: unknown) => {
      assert.ok(error instanceof DeviceLostError);
      assert.match(error.message, /^The GPU device was lost \(destroyed\): .*Load the model again$/);
      return true;
    });
  }
});

Deno.test("guarded, in the checked mode, tells what the work did wrong, and of nothing else", async () => {
  const gpu = new Gpu(await ownDevice(), { checked: true });
  const { device } = gpu;
  const invalid = () => void device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  await assert.rejects(gpu.guarded("the encoder", invalid), /^Error: Cannot run the encoder: .*MAP/);
  let ran = 0;
  await gpu.guarded("the encoder", () => void ran++);
  assert.equal(ran, 1);
  gpu.check();
  device.destroy();
});

Deno.test("work that throws leaves the checked mode as it was", async () => {
  const gpu = new Gpu(await ownDevice(), { checked: true });
  const fail = () => {
    throw new TypeError("no such grid");
  };
  await assert.rejects(gpu.guarded("the encoder", fail), { name: "TypeError", message: "no such grid" });
  // A scope that stayed open would swallow what comes after.
  assert.equal(await gpu.device.popErrorScope().catch(() => "no scope is open"), "no scope is open");
  gpu.device.destroy();
});

Deno.test("outside the checked mode guarded opens no scope", async () => {
  const gpu = new Gpu(fakeDevice({
    limits: limits(),
    features: new Set(),
    lost: new Promise(() => {}),
    addEventListener() {},
    pushErrorScope: () => assert.fail("a scope was opened"),
  }));
  let ran = 0;
  await gpu.guarded("the encoder", () => void ran++);
  assert.equal(ran, 1);
});

const ADAPTERS: [info: Partial<GPUAdapterInfo>, adapterClass: AdapterClass, name: string][] = [
  [
    { vendor: "65541", description: "llvmpipe (LLVM 15.0.6, 256 bits)" },
    "software",
    "llvmpipe (LLVM 15.0.6, 256 bits)",
  ],
  [{ vendor: "google", architecture: "swiftshader" }, "software", "google swiftshader"],
  [{ vendor: "4318", device: "NVIDIA H100 80GB HBM3" }, "nvidia", "NVIDIA H100 80GB HBM3"],
  [{ vendor: "nvidia", architecture: "hopper" }, "nvidia", "nvidia hopper"],
  [{ vendor: "4098", description: "AMD Radeon RX 7900 XTX" }, "amd", "AMD Radeon RX 7900 XTX"],
  [{ vendor: "32902", device: "Intel(R) UHD Graphics 620 (KBL GT2)" }, "intel", "Intel(R) UHD Graphics 620 (KBL GT2)"],
  [{ vendor: "apple", architecture: "common-3" }, "apple", "apple common-3"],
  [
    { vendor: "4318", description: "Acme Vulkan on the CPU", isFallbackAdapter: true },
    "software",
    "Acme Vulkan on the CPU",
  ],
  [{ vendor: "apple", architecture: "common-3", isFallbackAdapter: false }, "apple", "apple common-3"],
  [{ architecture: "swiftshader", isFallbackAdapter: false }, "software", "swiftshader"],
  [{}, "other", "unnamed adapter"],
];

for (const [adapterInfo, adapterClass, name] of ADAPTERS) {
  const says = adapterInfo.isFallbackAdapter === undefined ? "" : `, fallback ${adapterInfo.isFallbackAdapter}`;
  Deno.test(`"${name}"${says} is an adapter of the class ${adapterClass}`, () => {
    const members = { adapterInfo, limits: limits(), lost: new Promise(() => {}), addEventListener() {} };
    const gpu = new Gpu(fakeDevice(members));
    assert.deepEqual([gpu.adapterClass, gpu.name], [adapterClass, name]);
    assert.equal(gpu.adapter.isFallbackAdapter, adapterInfo.isFallbackAdapter);
  });
}
