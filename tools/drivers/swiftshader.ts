/** That the tests beside this one run on SwiftShader, the second driver of the gate: `deno task test:swiftshader`. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";

const CURE = "VK_DRIVER_FILES must name its manifest, which apt-get install chromium brings";

Deno.test("these tests run on SwiftShader's Vulkan driver", async () => {
  const { name, adapterClass } = await requestGpu().catch((cause) => {
    throw new Error(`Cannot test on SwiftShader: there is no adapter; ${CURE}`, { cause });
  });
  assert.ok(name.includes("SwiftShader"), `Cannot test on SwiftShader: the adapter is "${name}"; ${CURE}`);
  assert.equal(adapterClass, "software");
});
