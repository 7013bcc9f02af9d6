/** The remembered tuning: where it is, what is refused, and what reading it needs. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import type { Variant } from "../../src/kernels/kernel.ts";
import { candidates, sameVariant } from "../../src/kernels/tuning/candidates.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { SLOTS } from "../../src/kernels/tuning/slots.ts";
import { driverOf, openTuningRecord } from "../../src/kernels/tuning/remembered.ts";
import {
  candidatesHash,
  type Driver,
  filesOf,
  isSameDriver,
  parseTuning,
  tuningFileName,
  type Winners,
} from "../../src/kernels/tuning/tuning_file.ts";
import { cacheVariables } from "../cli/caches.ts";
import { folderOf } from "../cli/folders.ts";
import { type Finished, runDeno } from "../cli/processes.ts";
import { limits as limitsOf } from "../gpu/fake_devices.ts";

const gpu = await requestGpu();
const { adapter, adapterClass, limits } = gpu;
const driver = await driverOf(gpu); // of an unknown backend: these tests may not read its variable
const device = { adapter, limits, driver };
const shipped = defaultTuning(adapterClass, limits);

/** What is not shipped here for full layers. */
const [other] = candidates("attention_full").filter((one) => !sameVariant(one, shipped.attention_full)) as [Variant];

/** A file that says `variant` of full layers, but for the differences. */
function fileOf(variant: Variant, differences: Record<string, unknown> = {}): string {
  const { kernel: { name: kernel }, constants } = variant;
  const slots = { attention_full: { kernel, constants, against: "0123abcd" } };
  return JSON.stringify({ version: 2, adapter, ...driver, slots, ...differences });
}

Deno.test("a file says variants of slots, all or some", () => {
  const winners = parseTuning(fileOf(other), device);
  assert.deepEqual(Object.keys(winners), ["attention_full"]);
  assert.ok(sameVariant(winners.attention_full!.variant, other));
  assert.equal(winners.attention_full!.against, "0123abcd");
  assert.deepEqual(parseTuning(fileOf(other, { slots: {} }), device), {});
  const all = Object.fromEntries(SLOTS.map((slot) => {
    const { kernel: { name: kernel }, constants } = shipped[slot];
    return [slot, { kernel, constants, against: candidatesHash(slot) }];
  }));
  const expected: Winners = Object.fromEntries(SLOTS.map((slot) => {
    return [slot, { variant: shipped[slot], against: candidatesHash(slot) }];
  }));
  assert.deepEqual(parseTuning(fileOf(other, { slots: all }), device), expected);
});

const { kernel: { name: kernel }, constants } = other;
const BAD: [what: string, text: string, message: RegExp][] = [
  ["no JSON", fileOf(other).slice(0, -1), /^it is not JSON$/],
  ["an empty file", "", /^it is not JSON$/],
  ["no object", "[1]", /^the file must be an object, got \[1\]$/],
  ["null", "null", /^the file must be an object, got null$/],
  ["another version", fileOf(other, { version: 1 }), /^its version must be 2, got 1$/],
  ["no version", fileOf(other, { version: undefined }), /^its version must be 2, got undefined$/],
  ["no adapter", fileOf(other, { adapter: undefined }), /^adapter must be an object, got undefined$/],
  [
    "another adapter",
    fileOf(other, { adapter: { ...adapter, description: "Other" } }),
    /^it is for another adapter: description must be ".*", got "Other"$/,
  ],
  [
    "another driver",
    fileOf(other, { fingerprint: "01234567" }),
    /^it is for another driver: it must be unknown [0-9a-f]{8}, got unknown 01234567$/,
  ],
  ["no driver", fileOf(other, { fingerprint: undefined }), /^it is for another driver: .*, got unknown undefined$/],
  ["no slots", fileOf(other, { slots: undefined }), /^slots must be an object, got undefined$/],
  ["an unknown slot", fileOf(other, { slots: { softmax: {} } }), /^there is no slot "softmax"$/],
  ["a name of Object's", '{"slots":{"__proto__":{}},' + fileOf(other, { slots: undefined }).slice(1), /"__proto__"$/],
  ["no variant", fileOf(other, { slots: { attention_full: 8 } }), /^slots.attention_full must be an object, got 8$/],
  [
    "no constants",
    fileOf(other, { slots: { attention_full: { kernel } } }),
    /^slots.attention_full.constants must be an object, got undefined$/,
  ],
  [
    "an unknown kernel",
    fileOf(other, { slots: { attention_full: { kernel: "flash", constants } } }),
    /^attention_full has no such candidate: \{"kernel":"flash",.*\}$/,
  ],
  [
    "an unknown constant",
    fileOf(other, { slots: { attention_full: { kernel, constants: { ...constants, WIDE: 1 } } } }),
    /^attention_full has no such candidate: /,
  ],
  [
    "constants that are no variant",
    fileOf(other, { slots: { attention_full: { kernel, constants: { ...constants, LANES: 7 } } } }),
    /^attention_full has no such candidate: /,
  ],
  [
    "a kernel of another slot",
    fileOf(other, { slots: { matmul_nn_few: { kernel, constants } } }),
    /^matmul_nn_few has no such candidate: /,
  ],
];

for (const [what, text, message] of BAD) {
  Deno.test(`a file is refused: ${what}`, () => {
    assert.throws(() => parseTuning(text, device), (error: Error) => message.test(error.message));
  });
}

Deno.test("a file is refused if the device is too small for what it says", () => {
  const small = { adapter, driver, limits: limitsOf({ maxComputeWorkgroupSizeX: 4 }) };
  assert.throws(() => parseTuning(fileOf(other), small), {
    message: /^Cannot run kernel attention on this device: workgroup size x must be at most 4, got \d+$/,
  });
});

Deno.test("without permission to read the environment there is no file, and saying so comes before the work", async () => {
  await assert.rejects(openTuningRecord(gpu), {
    message: "Cannot remember a tuning: XDG_CACHE_HOME or HOME must be set to an absolute path and readable " +
      "(--allow-env=XDG_CACHE_HOME,HOME)",
  });
});

const VULKAN: Driver = { backend: "vulkan", fingerprint: "0a1b2c3d" };
const GL: Driver = { backend: "gl", fingerprint: "0a1b2c3d" };
const UNKNOWN: Driver = { backend: "unknown", fingerprint: "0a1b2c3d" };
const NEWER: Driver = { backend: "vulkan", fingerprint: "ffffffff" };

Deno.test("the name of a file is made of the adapter's words, and says the driver", () => {
  const words = { vendor: "4318", architecture: "", device: "0x2330", description: "NVIDIA H100 80GB/HBM3: ../é" };
  assert.match(tuningFileName(words, GL), /^4318-0x2330-nvidia-h100-80gb-hbm3-[0-9a-f]{8}-gl-0a1b2c3d\.json$/);
  const long = (end: string) => tuningFileName({ ...words, description: "x".repeat(500) + end }, VULKAN);
  assert.equal(long("a").length, 130);
  assert.notEqual(long("a"), long("b"), "the whole description counts");
  const nameless = { vendor: "", architecture: "", device: "", description: "" };
  assert.match(tuningFileName(nameless, NEWER), /^unnamed-[0-9a-f]{8}-vulkan-ffffffff\.json$/);
  assert.equal(new Set([VULKAN, GL, UNKNOWN, NEWER].map((one) => tuningFileName(words, one))).size, 4);
});

Deno.test("the files of an adapter are told from those of others, and from what else is in the folder", () => {
  const h100 = { vendor: "4318", architecture: "", device: "0x2330", description: "NVIDIA H100" };
  const files = [VULKAN, GL, UNKNOWN, NEWER].map((driver) => ({ name: tuningFileName(h100, driver), driver }));
  const old = files[0]!.name.replace("-vulkan-0a1b2c3d", "");
  const others = [
    tuningFileName({ ...h100, description: "NVIDIA H100 NVL" }, VULKAN),
    tuningFileName({ ...h100, device: "0x2331" }, VULKAN),
    `${files[0]!.name}.0b6c.tmp`,
    `x${files[0]!.name}`,
    old.replace(".json", "-vulkan.json"),
    "README.md",
  ];
  assert.deepEqual(filesOf(h100, [...files.map(({ name }) => name), old, ...others]), { files, old });
  assert.deepEqual(filesOf(h100, others), { files: [], old: null });
});

Deno.test("drivers are the same by their fingerprint, and by their backend as far as it is known", () => {
  assert.ok(isSameDriver(VULKAN, VULKAN) && isSameDriver(VULKAN, UNKNOWN) && isSameDriver(UNKNOWN, GL));
  assert.ok(!isSameDriver(VULKAN, GL) && !isSameDriver(VULKAN, NEWER) && !isSameDriver(NEWER, UNKNOWN));
});

const SCRIPT = new URL("./scripts/tuned_model.ts", import.meta.url).href;
const BACKEND = new URL("./scripts/backend.ts", import.meta.url).href;
const READ_BOTH = "--allow-env=XDG_CACHE_HOME,HOME";

/** A process whose cache folder and home hold the given tunings of this driver. */
interface Call {
  cache?: string;
  home?: string;
  /** Files that the cache folder holds besides, by their names. */
  more?: Record<string, string>;
  /** Arguments before the script, by the folder that both are in, and after it. */
  permissions(folder: string): string[];
  args?: string[];
}

/** Makes models in a process of its own. */
async function makeModels(
  { cache, home, more = {}, permissions, args = [] }: Call,
): Promise<Finished & { path: string }> {
  const path = `narrowbert/tuning/${tuningFileName(adapter, driver)}`;
  const others = Object.entries(more).map(([name, text]) => [`cache/narrowbert/tuning/${name}`, text]);
  await using folder = await folderOf({
    ...(cache !== undefined && { [`cache/${path}`]: cache }),
    ...(home !== undefined && { [`home/.cache/${path}`]: home }),
    ...Object.fromEntries(others),
  });
  const env = cacheVariables({
    HOME: `${folder.path}/home`,
    XDG_CACHE_HOME: cache === undefined && others.length === 0 ? "not/absolute" : `${folder.path}/cache`,
  });
  return {
    ...await runDeno([...permissions(folder.path), SCRIPT, ...args], { env }),
    path: `${folder.path}/cache/${path}`,
  };
}

/** What the script prints, where no word is said of it. */
async function chosen(call: Call): Promise<unknown> {
  const { code, stdout, stderr } = await makeModels(call);
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

const is = ({ kernel, constants }: Variant) => ({ kernel: kernel.name, LANES: constants.LANES });
const all = (folder: string) => [READ_BOTH, `--allow-read=${folder}`];

Deno.test("models use the file of the cache folder, else that of the home folder", async () => {
  const third = candidates("attention_full")
    .find((one) => ![other, shipped.attention_full].some((two) => sameVariant(one, two))) as Variant;
  const [inCache, inHome] = await Promise.all([
    chosen({ cache: fileOf(other), home: fileOf(third), permissions: all }),
    chosen({ home: fileOf(third), permissions: all }),
  ]);
  assert.deepEqual(inCache, is(other));
  assert.deepEqual(inHome, is(third));
});

Deno.test("without a permission, a variable or a file, models use what is shipped and say nothing", async () => {
  const cache = fileOf(other);
  const calls: Call[] = [
    { cache, permissions: () => [] },
    { cache, permissions: () => [READ_BOTH] },
    { cache, permissions: (folder) => [`--allow-read=${folder}`] },
    { cache, permissions: (folder) => ["--allow-env=HOME", `--allow-read=${folder}`] },
    { permissions: all },
  ];
  const found = await Promise.all(calls.map(chosen));
  assert.deepEqual(found, calls.map(() => is(shipped.attention_full)));
});

Deno.test("what a program sets before stands against the file", async () => {
  const args = ["--set-shipped"];
  assert.deepEqual(await chosen({ cache: fileOf(other), permissions: all, args }), is(shipped.attention_full));
});

Deno.test("a file that says what is shipped changes no bit", async () => {
  const args = ["--run"];
  const without = await chosen({ permissions: all, args });
  assert.ok((without as { bits: number[] }).bits.length > 0);
  assert.deepEqual(await chosen({ cache: fileOf(shipped.attention_full), permissions: all, args }), without);
});

/** The name of a file of this adapter under another driver, or of version 1. */
const otherDriver = (backend: string) => tuningFileName(adapter, { backend, fingerprint: "01234567" });
const versionOne = tuningFileName(adapter, UNKNOWN).replace("-unknown-0a1b2c3d", "");

Deno.test("a file for another driver is not used, and models say nothing of it", async () => {
  const more = { [otherDriver("unknown")]: fileOf(other), [otherDriver("gl")]: fileOf(other) };
  assert.deepEqual(await chosen({ more, permissions: all }), is(shipped.attention_full));
  // Beside one for this driver they change nothing.
  const cache = fileOf(other);
  assert.deepEqual(await chosen({ cache, more: { ...more, [versionOne]: "{}" }, permissions: all }), is(other));
});

Deno.test("a process that knows the backend does not use a file for another one, though it computes alike", async () => {
  const withBackend = (folder: string) => [`${READ_BOTH},DENO_WEBGPU_BACKEND`, `--allow-read=${folder}`];
  const { fingerprint } = driver;
  const fileFor = (backend: string) => ({
    [tuningFileName(adapter, { backend, fingerprint })]: fileOf(other, { backend }),
  });
  const { code, stdout, stderr } = await runDeno([READ_BOTH + ",DENO_WEBGPU_BACKEND", BACKEND]);
  assert.deepEqual([code, stderr], [0, ""]);
  const backend = stdout.trim();
  const found = await Promise.all([
    chosen({ more: fileFor(backend), permissions: withBackend }),
    chosen({ more: fileFor(backend), permissions: all }), // it does not know
    chosen({ more: fileFor("other"), permissions: withBackend }),
  ]);
  const alike = backend === "unknown" ? other : shipped.attention_full;
  assert.deepEqual(found, [is(other), is(other), is(alike)]);
});

Deno.test("a backend has one name, by whichever name Deno was told it", async () => {
  const told = async (name: string) => {
    return (await runDeno(["--allow-env=DENO_WEBGPU_BACKEND", BACKEND], { env: { DENO_WEBGPU_BACKEND: name } })).stdout;
  };
  for (const [name, alias] of [["vulkan", "vk"], ["gl", "opengl"], ["gl", "GLES"], ["metal", " mtl"]] as const) {
    assert.equal(await told(alias), await told(name), alias);
  }
});

Deno.test("a file of the older version is ignored with one note", async () => {
  const { code, stdout, stderr, path } = await makeModels({ more: { [versionOne]: fileOf(other) }, permissions: all });
  assert.equal(code, 0);
  assert.equal(
    stderr,
    `narrowbert: ignored the tuning ${path.replace(/[^/]+$/, versionOne)}: it is of an older version, which does not ` +
      'say for which driver it is; "narrowbert tune" makes a new one\n',
  );
  assert.deepEqual(JSON.parse(stdout), is(shipped.attention_full));
});

Deno.test("a bad file is ignored with one note that names it and the reason", async () => {
  const { code, stdout, stderr, path } = await makeModels({ cache: fileOf(other, { version: 0 }), permissions: all });
  assert.equal(code, 0);
  assert.equal(
    stderr,
    `narrowbert: ignored the tuning ${path}: its version must be 2, got 0; "narrowbert tune" makes a new one\n`,
  );
  assert.deepEqual(JSON.parse(stdout), is(shipped.attention_full));
});
