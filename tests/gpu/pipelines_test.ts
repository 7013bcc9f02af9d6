import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { PipelineCache, pipelineKey, type PipelineRequest } from "../../src/gpu/pipelines.ts";
import { KERNELS, MEASURING_KERNELS } from "../../src/kernels/registry.ts";
import { fakeDevice, limits, watchedDevice } from "./fake_devices.ts";

const { device } = await requestGpu();

const SOURCE = `
override SIZE: u32 = 1;
@group(0) @binding(0) var<uniform> count: u32;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { if (id.x < count) { out[id.x] = id.x; } }`;

function request(differences: Partial<PipelineRequest> = {}): PipelineRequest {
  return {
    name: "iota",
    source: SOURCE,
    entry: "main",
    constants: { SIZE: 4 },
    bindings: ["write"],
    workgroupSize: [4, 1, 1],
    workgroupBytes: 0,
    ...differences,
  };
}

const KEY = pipelineKey("iota", { SIZE: 4 });

Deno.test("a key tells constants apart, whatever their order", () => {
  assert.equal(pipelineKey("k", { B: 2, A: 1 }), "k(A=1,B=2)");
  assert.equal(pipelineKey("k", { A: 1, B: 2 }), "k(A=1,B=2)");
  assert.equal(pipelineKey("k", {}), "k()");
  assert.notEqual(pipelineKey("k", { A: 1 }), pipelineKey("k", { A: 2 }));
});

Deno.test("a pipeline asked for twice at once, and again later, is compiled once", async () => {
  const { device: watched, calls } = watchedDevice(device);
  const cache = new PipelineCache(watched);
  assert.equal(cache.get(KEY), undefined);
  const [first, second] = await Promise.all([cache.compile(KEY, request()), cache.compile(KEY, request())]);
  assert.equal(first, second);
  assert.equal(await cache.compile(KEY, request()), first);
  assert.equal(cache.get(KEY), first);
  assert.equal(cache.size, 1);
  assert.equal(calls.filter((name) => name === "createComputePipelineAsync").length, 1);
});

Deno.test("variants share their module and the layout of their bindings", async () => {
  const { device: watched, calls } = watchedDevice(device);
  const cache = new PipelineCache(watched);
  const variants = await Promise.all([1, 2, 8].map((SIZE) => {
    const constants = { SIZE };
    return cache.compile(pipelineKey("iota", constants), request({ constants, workgroupSize: [SIZE, 1, 1] }));
  }));
  assert.equal(new Set(variants.map(({ pipeline }) => pipeline)).size, 3);
  assert.equal(new Set(variants.map(({ layout }) => layout)).size, 1);
  const made = (name: string) => calls.filter((call) => call === name).length;
  assert.deepEqual([made("createShaderModule"), made("createBindGroupLayout"), cache.size], [1, 1, 3]);
});

Deno.test("the time in which pipelines are compiled is counted; what overlaps counts once", async () => {
  const slow = {
    createShaderModule: () => ({}),
    pushErrorScope() {},
    popErrorScope: () => Promise.resolve(null),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipelineAsync: () => new Promise((resolve) => setTimeout(() => resolve({}), 40)),
  };
  const cache = new PipelineCache(fakeDevice(slow), limits());
  assert.equal(cache.compileMilliseconds, 0);
  const start = performance.now();
  const compiling = ["a", "b"].map((key) => cache.compile(key, request()));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(cache.compileMilliseconds >= 9, "what is under way counts");
  await Promise.all(compiling);
  const spent = performance.now() - start;
  const counted = cache.compileMilliseconds;
  assert.ok(counted >= 39 && counted <= spent, `${counted} of ${spent} ms`);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await cache.compile("a", request());
  assert.equal(cache.compileMilliseconds, counted);
});

/** What is beyond a device: the words for it, the limit, what is asked for instead. */
const BEYOND: [what: string, limit: number, got: number, Partial<PipelineRequest>, Parameters<typeof limits>[0]?][] = [
  ["workgroup size x", 3, 4, {}, { maxComputeWorkgroupSizeX: 3 }],
  ["workgroup size y", 2, 3, { workgroupSize: [1, 3, 1] }, { maxComputeWorkgroupSizeY: 2 }],
  ["workgroup size z", 64, 65, { workgroupSize: [1, 1, 65] }],
  ["workgroup size x", 1, 0, { workgroupSize: [0, 1, 1] }],
  ["workgroup size y", 1, 1.5, { workgroupSize: [2, 1.5, 1] }],
  ["invocations per workgroup", 256, 264, { workgroupSize: [33, 8, 1] }],
  ["bytes of workgroup memory", 16384, 16388, { workgroupBytes: 16388 }],
  ["bytes of workgroup memory", 0, NaN, { workgroupBytes: NaN }],
  ["storage buffers", 1, 2, { bindings: ["read", "write"] }, { maxStorageBuffersPerShaderStage: 1 }],
];

for (const [what, limit, got, differences, small] of BEYOND) {
  Deno.test(`a device refuses a kernel before compiling it: ${what} ${got}`, async () => {
    const { device: watched, calls } = watchedDevice(device);
    const cache = new PipelineCache(watched, limits(small));
    const message = new RegExp(
      `^Cannot run kernel iota on this device: ${what} must be .*\\b${limit}\\b.*, got ${got}$`,
    );
    await assert.rejects(cache.compile(KEY, request(differences)), { name: "RangeError", message });
    assert.deepEqual([calls, cache.size, cache.get(KEY)], [[], 0, undefined]);
  });
}

Deno.test("a kernel that fills a device's limits is not refused", async () => {
  const least = limits({ maxComputeWorkgroupSizeX: 4, maxStorageBuffersPerShaderStage: 1 });
  const cache = new PipelineCache(device, least);
  await cache.compile(KEY, request({ workgroupBytes: 16384 }));
  assert.equal(cache.size, 1);
});

/** Variants for larger devices alone, which no default tuning takes: 128 x 128 outputs in stages of 16. */
const LARGE = ["matmul_tiled", "matmul_tiled_f16"].flatMap((name) =>
  [0, 1].map((transposed) =>
    `${name}(THREAD_M=8,THREAD_N=8,TILE_K=16,TILE_M=128,TILE_N=128,TRANSPOSE_A=0,TRANSPOSE_B=${transposed})`
  )
);

Deno.test("no kernel of the library needs more than every WebGPU device has, but for variants that are known", async () => {
  // The limits are checked before anything is compiled, so a cache of a device that cannot compile says which.
  const cannot = Object.assign(Object.create(null), {
    features: new Set(["shader-f16"]),
    createBindGroupLayout: () => {
      throw new Error("within the limits");
    },
  });
  const cache = new PipelineCache(cannot, limits());
  const large: string[] = [];
  for (const kernel of [...KERNELS, ...MEASURING_KERNELS]) {
    for (const variant of kernel.constantSets()) {
      const { key, ...wanted } = kernel.request(variant);
      const error = await cache.compile(key, wanted).then(() => null, (error: Error) => error.message);
      if (error !== "within the limits") large.push(key);
    }
  }
  assert.deepEqual(large.sort(), LARGE.sort());
});

const BROKEN = "fn main( {";

Deno.test("a shader that does not compile is an error with the kernel and the compiler's reason, each time", async () => {
  const cache = new PipelineCache(device);
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(cache.compile(KEY, request({ source: BROKEN })), (error: Error) => {
      assert.match(error.message, /^Cannot compile kernel iota\(SIZE=4\): /);
      assert.match(error.message, /expected .*found/s, "naga says what it expected");
      return true;
    });
  }
  assert.deepEqual([cache.size, cache.get(KEY)], [0, undefined]);
  await cache.compile(KEY, request());
  assert.equal(cache.size, 1, "the same name compiles once its source is mended");
});

Deno.test("variants of a shader that does not compile, asked for at once, all give the compiler's reason", async () => {
  const cache = new PipelineCache(device);
  const results = await Promise.allSettled([1, 2].map((SIZE) => {
    const constants = { SIZE };
    return cache.compile(pipelineKey("iota", constants), request({ source: BROKEN, constants }));
  }));
  for (const result of results) {
    assert.equal(result.status, "rejected");
    assert.match((result as PromiseRejectedResult).reason.message, /expected .*found/s);
  }
});

Deno.test("an entry point or constant that the source lacks is an error with the kernel's name", async () => {
  const cache = new PipelineCache(device);
  for (const wrong of [{ entry: "other" }, { constants: { OTHER: 1 } }]) {
    await assert.rejects(cache.compile(KEY, request(wrong)), /Cannot compile kernel iota/);
  }
});
