/** Opening the process's own device: what is asked for, what is asked for next, and what a failure says. */

import assert from "node:assert/strict";
import { NoAdapterError } from "../../mod.ts";
import { type Host, openDevice } from "../../src/gpu/open.ts";
import { DEFAULT_LIMITS, fakeDevice } from "./fake_devices.ts";

const DEVICE = fakeDevice({ limits: DEFAULT_LIMITS });

/** An adapter that refuses what `refuses` says, and gives one device at most, as the standard has it. */
function adapterThat(refuses: (asked: GPUDeviceDescriptor | undefined) => string | null, features: string[] = []) {
  const asked: (GPUDeviceDescriptor | undefined)[] = [];
  const gpu = {
    requestAdapter: () => {
      let isSpent = false;
      return Promise.resolve({
        limits: { ...DEFAULT_LIMITS, maxBufferSize: 2 ** 31 },
        features: new Set(features),
        info: { vendor: "acme", architecture: "", device: "", description: "Acme 3000" },
        requestDevice: (descriptor?: GPUDeviceDescriptor) => {
          asked.push(descriptor);
          const refusal = isSpent ? "the adapter is spent" : refuses(descriptor);
          isSpent = true;
          return refusal === null ? Promise.resolve(DEVICE) : Promise.reject(new TypeError(refusal));
        },
      } as unknown as GPUAdapter);
    },
  };
  return { gpu, asked };
}

function hostWith(own: Partial<Host>): Host {
  return {
    gpu: undefined,
    runtime: "deno",
    os: "linux",
    isSecure: true,
    env: () => undefined,
    exists: () => true,
    ...own,
  };
}

const NOTHING: Pick<GPU, "requestAdapter"> = { requestAdapter: () => Promise.resolve(null) };

/** The error of a host that gives no device. */
async function failureOf(own: Partial<Host>): Promise<NoAdapterError> {
  const error = await openDevice(hostWith(own)).then(() => assert.fail("it gave a device"), (error: unknown) => error);
  assert.ok(error instanceof NoAdapterError, String(error));
  return error;
}

Deno.test("a device is asked for with the adapter's limits, and with those wanted features that it has", async () => {
  const { gpu, asked } = adapterThat(() => null, ["shader-f16", "float32-filterable", "subgroups"]);
  assert.equal(await openDevice(hostWith({ gpu })), DEVICE);
  assert.equal(asked.length, 1);
  assert.equal(asked[0]!.requiredLimits!["maxBufferSize"], 2 ** 31);
  assert.deepEqual(asked[0]!.requiredFeatures, ["shader-f16", "subgroups"]);
});

Deno.test("an adapter that refuses what it offered is asked once more, for the default limits and no features", async () => {
  const { gpu, asked } = adapterThat((descriptor) => descriptor === undefined ? null : "no such luck", ["subgroups"]);
  assert.equal(await openDevice(hostWith({ gpu })), DEVICE);
  assert.equal(asked.length, 2);
  assert.equal(asked[1], undefined);
});

Deno.test("an adapter that refuses both is an error with its name, what was asked for, and the cause", async () => {
  const refuses = (descriptor: unknown) => descriptor === undefined ? "out of devices" : "no such luck";
  const { gpu, asked } = adapterThat(refuses, ["shader-f16", "subgroups"]);
  const { message, cause } = await failureOf({ gpu });
  assert.equal(asked.length, 2);
  assert.match(
    message,
    /^Cannot open a GPU device: adapter "Acme 3000" refused its own limits \(maxBufferSize 2147483648, /,
  );
  assert.match(
    message,
    /with features shader-f16, subgroups: no such luck; and the default limits .*: out of devices\. To/,
  );
  assert.match(message, /update the graphics driver/);
  assert.equal((cause as Error).message, "out of devices");
});

Deno.test("a search for adapters that fails is an error with its cause", async () => {
  const cause = new Error("the GPU process crashed");
  const found = await failureOf({ gpu: { requestAdapter: () => Promise.reject(cause) } });
  assert.match(
    found.message,
    /^Cannot find a WebGPU adapter: navigator.gpu has no adapter: the GPU process crashed\. To/,
  );
  assert.equal(found.cause, cause);
});

const env = (variables: Record<string, string>) => (name: string) => variables[name];
const ADVICE: [host: string, own: Partial<Host>, expected: RegExp, absent?: RegExp][] = [
  [
    "Deno on Linux",
    { gpu: NOTHING },
    /no adapter\. To mend it, install a Vulkan driver: .*apt-get install mesa-vulkan/,
  ],
  ["Deno on Windows", { gpu: NOTHING, os: "windows" }, /To mend it, update the graphics driver$/, /apt-get|chrome/],
  ["Deno before 2.9", {}, /this runtime has no navigator\.gpu\. To mend it, use Deno 2\.9 or later/, /apt-get/],
  [
    "another runtime",
    { runtime: "other", os: null },
    /no navigator\.gpu\. To mend it, use Deno 2\.9 or later/,
    /apt-get/,
  ],
  [
    "a page that came by http",
    { runtime: "browser", os: null, isSecure: false },
    /no navigator\.gpu\. To mend it, serve the page over https, or from localhost/,
    /apt-get|DENO/,
  ],
  [
    "a browser without WebGPU",
    { runtime: "browser", os: null },
    /To mend it, update the browser, or turn WebGPU on in its settings \(chrome:\/\/flags, about:config\)$/,
    /apt-get|DENO/,
  ],
  [
    "a browser without an adapter",
    { runtime: "browser", os: null, gpu: NOTHING },
    /hardware acceleration .* chrome:\/\/gpu .*--enable-unsafe-webgpu/,
    /apt-get|DENO/,
  ],
  [
    "a driver variable that names no file",
    { gpu: NOTHING, env: env({ VK_DRIVER_FILES: "/a.json:/b.json" }), exists: () => false },
    /unset VK_DRIVER_FILES, which names no file \(\/a\.json:\/b\.json\), or .*; or install a Vulkan driver/,
  ],
  [
    "the older driver variable",
    { gpu: NOTHING, env: env({ VK_ICD_FILENAMES: "/a.json" }), exists: () => false },
    /unset VK_ICD_FILENAMES, which names no file \(\/a\.json\)/,
  ],
  [
    "both, of which the newer counts",
    { gpu: NOTHING, env: env({ VK_ICD_FILENAMES: "/a.json", VK_DRIVER_FILES: "/b.json" }), exists: () => false },
    /unset VK_DRIVER_FILES, which names no file/,
    /VK_ICD_FILENAMES/,
  ],
  [
    "a driver variable that names a driver",
    { gpu: NOTHING, env: env({ VK_DRIVER_FILES: "/a.json" }) },
    /unset VK_DRIVER_FILES, by which no other driver is tried than \/a\.json; or install a Vulkan driver/,
    /no file/,
  ],
  [
    "driver variables that may not be read",
    { gpu: NOTHING, env: () => null },
    /it, install .*\. With --allow-env=VK_DRIVER_FILES,VK_ICD_FILENAMES,DENO_WEBGPU_BACKEND this message says whether/,
  ],
  [
    "a backend that Linux has not",
    { gpu: NOTHING, env: env({ DENO_WEBGPU_BACKEND: "vulcan,metal" }) },
    /To mend it, set DENO_WEBGPU_BACKEND=vulkan, as on Linux a backend is vulkan or gl, got vulcan,metal$/,
    /apt-get/,
  ],
  [
    "a backend that Linux has, among others",
    { gpu: NOTHING, env: env({ DENO_WEBGPU_BACKEND: "metal,Vulkan" }) },
    /To mend it, install a Vulkan driver/,
    /unset/,
  ],
];

for (const [host, own, expected, absent = /chrome/] of ADVICE) {
  Deno.test(`the advice fits: ${host}`, async () => {
    const { message } = await failureOf(own);
    assert.match(message, /^Cannot find a WebGPU adapter: /);
    assert.match(message, expected);
    assert.doesNotMatch(message, absent);
  });
}
