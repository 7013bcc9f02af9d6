/** The fingerprint of a driver: always the same on one, and another one on others. */

import assert from "node:assert/strict";
import { Gpu, requestGpu } from "../../src/gpu/device.ts";
import { ownDevice } from "../gpu/own_device.ts";
import { fingerprintOf } from "../../src/kernels/tuning/fingerprint.ts";
import { runDeno } from "../cli/processes.ts";

const gpu = await requestGpu();
const fingerprint = await fingerprintOf(gpu);

Deno.test("a fingerprint is the same on every device of an adapter, and with buffers full of NaN", async () => {
  assert.match(fingerprint, /^[0-9a-f]{8}$/);
  for (const options of [{}, { checked: true }, { poisoned: true }]) {
    const device = await ownDevice(); // with the least limits
    const other = new Gpu(device, options);
    assert.equal(await fingerprintOf(other), fingerprint);
    assert.equal(other.buffers.liveBytes, 0);
    device.destroy();
  }
});

Deno.test("a fingerprint is measured once a device", async () => {
  const { pipelines, staging } = gpu.counts;
  assert.equal(fingerprintOf(gpu), fingerprintOf(gpu));
  assert.equal(await fingerprintOf(gpu), fingerprint);
  assert.deepEqual([gpu.counts.pipelines, gpu.counts.staging], [pipelines, staging]);
});

Deno.test("a lost device has no fingerprint", async () => {
  const lost = new Gpu(await ownDevice());
  lost.device.destroy();
  await lost.device.lost;
  await assert.rejects(fingerprintOf(lost), { name: "DeviceLostError" });
});

const SCRIPT = new URL("./scripts/driver.ts", import.meta.url).href;
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What the script prints. */
type Printed = { backend: string; fingerprint: string } | "NoAdapterError";

/** The driver under some variables, on top of those of this process. */
async function driverUnder(env: Record<string, string>): Promise<Printed> {
  const { code, stdout } = await runDeno(["--allow-env=DENO_WEBGPU_BACKEND", SCRIPT], { env });
  assert.equal(code, 0);
  return JSON.parse(stdout);
}

Deno.test("another process finds the same fingerprint; OpenGL and SwiftShader have others, or no adapter", async () => {
  const hasSwiftShader = await Deno.stat(SWIFTSHADER).then(() => true, () => false);
  const [own, gl, swift] = await Promise.all([
    driverUnder({}),
    driverUnder({ DENO_WEBGPU_BACKEND: "gl" }),
    driverUnder({ DENO_WEBGPU_BACKEND: "vulkan", VK_DRIVER_FILES: SWIFTSHADER }),
  ]);
  assert.ok(own !== "NoAdapterError");
  assert.equal(own.fingerprint, fingerprint);
  if (gl !== "NoAdapterError") assert.equal(gl.fingerprint === fingerprint, own.backend === "gl");
  assert.equal(swift !== "NoAdapterError", hasSwiftShader);
  const isSwiftShader = gpu.adapter.description.includes("SwiftShader");
  if (swift !== "NoAdapterError") assert.equal(swift.fingerprint === fingerprint, isSwiftShader);
});
