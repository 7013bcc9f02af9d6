import assert from "node:assert/strict";
import { probeDevice } from "../../src/cli/device_probe.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { driverOf } from "../../src/kernels/tuning/remembered.ts";
import { tuningFileName, tuningText } from "../../src/kernels/tuning/tuning_file.ts";
import { cacheVariables } from "./caches.ts";
import { folderOf } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { narrowbert } from "./terminals.ts";

const WRONG_DRIVER = new URL("scripts/wrong_driver.ts", import.meta.url).href;
const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;

Deno.test("doctor names the adapter, its limits and features", async () => {
  const { name, adapter, adapterClass, limits, features } = await requestGpu();
  const { code, stdout, stderr } = await narrowbert(["doctor"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const rows = new Map(stdout.trim().split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
  assert.equal(rows.get("adapter"), name);
  assert.equal(rows.get("class"), adapterClass);
  assert.equal(rows.get("computes on"), adapter.isFallbackAdapter ? "the CPU: a fallback adapter" : "a GPU");
  assert.equal(rows.get("maxBufferSize"), limits.maxBufferSize.toLocaleString("en"));
  assert.equal(rows.get("features"), [...features].sort().join(" ") || "none");
  const dtypes = features.has("shader-f16") ? "f32 and f16" : "f32";
  assert.equal(rows.get("computes"), `right, with weights in ${dtypes}`);
});

Deno.test("doctor computes on the device, and says of a wrong driver in one line what it computes", async () => {
  const gpu = await requestGpu();
  const { buffers } = gpu;
  const live = buffers.liveBytes;
  assert.ok((await probeDevice(gpu)).includes("f32"));
  assert.equal(buffers.liveBytes, live, "nothing of the probe stays on the device");

  // A process whose device multiplies every LayerNorm by 1.0005.
  const { code, stdout, stderr } = await runDeno(["--allow-read", WRONG_DRIVER, "doctor"]);
  assert.equal(code, 1, stderr);
  const rows = new Map(stdout.trim().split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
  assert.equal(rows.get("adapter"), gpu.name);
  assert.equal(rows.get("computes"), "WRONG");
  const [line, ...rest] = stderr.trim().split("\n");
  assert.deepEqual(rest, []);
  assert.match(line!, /^narrowbert: Cannot trust .+ of the embeddings, got .+ Use another driver/);

  const asJson = await runDeno(["--allow-read", WRONG_DRIVER, "doctor", "--json"]);
  assert.equal(asJson.code, 1);
  const { probe } = JSON.parse(asJson.stdout);
  assert.equal(probe.dtypes, null);
  assert.match(probe.error, /^Cannot trust /);
});

Deno.test("doctor --json holds the same", async () => {
  const { adapter, limits, features } = await requestGpu();
  const report = JSON.parse((await narrowbert(["doctor", "--json"])).stdout);
  assert.deepEqual(report.adapter, adapter);
  assert.equal(report.limits.maxStorageBufferBindingSize, limits.maxStorageBufferBindingSize);
  assert.deepEqual(report.features, [...features].sort());
  assert.deepEqual(report.probe, { dtypes: features.has("shader-f16") ? ["f32", "f16"] : ["f32"], error: null });
});

Deno.test("doctor says which tuning is in use, or in a line that there is one for another driver", async () => {
  const { adapter } = await requestGpu();
  const driver = await driverOf(await requestGpu());
  const other = { ...driver, fingerprint: "01234567" };
  const another = { ...driver, fingerprint: "89abcdef" };
  const report = async (...drivers: (typeof driver)[]) => {
    await using folder = await folderOf(Object.fromEntries(drivers.map((driver) => {
      return [`narrowbert/tuning/${tuningFileName(adapter, driver)}`, tuningText(adapter, driver, {})];
    })));
    const permissions = ["--allow-env=XDG_CACHE_HOME", `--allow-read=${folder.path}`];
    const env = cacheVariables({ XDG_CACHE_HOME: folder.path });
    const [lines, data] = await Promise.all([[], ["--json"]].map((options) => {
      return runDeno([...permissions, MAIN, "doctor", ...options], { env });
    }));
    assert.deepEqual([lines!.code, lines!.stderr, data!.code, data!.stderr], [0, "", 0, ""]);
    const pathOf = (of: typeof driver) => `${folder.path}/narrowbert/tuning/${tuningFileName(adapter, of)}`;
    const rows = new Map(lines!.stdout.trim().split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
    const { tuning, other_tunings, driver: found } = JSON.parse(data!.stdout);
    assert.deepEqual(found, driver);
    assert.equal(rows.get("driver"), `${driver.backend} ${driver.fingerprint}`);
    return { row: rows.get("tuning"), tuning, other_tunings, own: pathOf(driver), foreign: pathOf(other) };
  };
  const none = await report();
  assert.deepEqual([none.row, none.tuning, none.other_tunings], ["as shipped for the class", null, []]);
  const both = await report(driver, other);
  assert.deepEqual([both.row, both.tuning, both.other_tunings], [both.own, both.own, []]);
  const one = await report(other);
  const cure = '"narrowbert tune" makes one for this';
  assert.equal(one.row, `as shipped for the class: ${one.foreign} is for another driver; ${cure}`);
  assert.deepEqual([one.tuning, one.other_tunings], [null, [one.foreign]]);
  const two = await report(other, another);
  assert.equal(two.row, `as shipped for the class: ${two.foreign} and 1 more are for another driver; ${cure}`);
  assert.equal(two.other_tunings.length, 2);
});

Deno.test("without an adapter every command that computes exits with 1 and says what to install", async () => {
  const env = { DENO_WEBGPU_BACKEND: "vulkan", VK_DRIVER_FILES: "/nonexistent" };
  for (const args of [["doctor"], ["classify", "a text"], ["fill-mask", "a [MASK]"]]) {
    const { code, stdout, stderr } = await runDeno(["--allow-read", MAIN, ...args], { env });
    assert.deepEqual([code, stdout], [1, ""]);
    const [line, ...rest] = stderr.split("\n").filter((line) => line.startsWith("narrowbert: "));
    assert.match(line!, /no adapter\. To mend it, install .*apt-get install mesa-vulkan-drivers libvulkan1/);
    assert.deepEqual(rest, []);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

Deno.test("without an adapter it says so if the driver that is asked for is no file, and may be known", async () => {
  for (const [variable, other] of [["VK_DRIVER_FILES", "VK_ICD_FILENAMES"], ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"]]) {
    const env = { DENO_WEBGPU_BACKEND: "vulkan", [variable!]: "/nonexistent.json", [other!]: "" };
    const { code, stderr } = await runDeno(["--allow-read", `--allow-env=${variable}`, MAIN, "doctor"], { env });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`To mend it, unset ${variable}, which names no file \\(/nonexistent\\.json\\)`));
  }
});
