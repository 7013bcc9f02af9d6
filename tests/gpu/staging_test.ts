import assert from "node:assert/strict";
import { BufferPool } from "../../src/gpu/buffers.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Recorder } from "../../src/gpu/recorder.ts";
import { StagingPool } from "../../src/gpu/readback.ts";
import { fakeDevice, limits } from "./fake_devices.ts";

const { device } = await requestGpu();
const MEBI = 1024 ** 2;
const GIBI = 1024 ** 3;

/** Brings `words` to the GPU and into a staging buffer. */
function stage(staging: StagingPool, words: Uint32Array<ArrayBuffer>): GPUBuffer {
  const pool = new BufferPool(device);
  const source = pool.acquire(words.byteLength, "source");
  device.queue.writeBuffer(source, 0, words);
  const target = staging.acquire(words.byteLength);
  const recorder = new Recorder(device);
  recorder.copy(source, 0, target, 0, words.byteLength);
  recorder.submit();
  pool.release(source);
  return target;
}

Deno.test("read gives exactly the bytes asked for, as a copy", async () => {
  const staging = new StagingPool(device);
  const first = await staging.read(stage(staging, Uint32Array.of(1, 2, 3)), 12);
  assert.deepEqual(new Uint32Array(first), Uint32Array.of(1, 2, 3));
  const second = await staging.read(stage(staging, Uint32Array.of(4, 5, 6)), 10);
  assert.deepEqual(new Uint8Array(second), Uint8Array.of(4, 0, 0, 0, 5, 0, 0, 0, 6, 0));
  assert.deepEqual(new Uint32Array(first), Uint32Array.of(1, 2, 3), "the same staging buffer, another copy");
  assert.equal(staging.created, 1);
  assert.equal((await staging.read(staging.acquire(0), 0)).byteLength, 0);
});

Deno.test("the smallest free buffer that fits is lent", async () => {
  const staging = new StagingPool(device);
  const [small, large] = [staging.acquire(5000), staging.acquire(50_000)];
  assert.equal(small.size, 8192);
  assert.equal(large.size, 65_536);
  assert.deepEqual([staging.created, staging.bytes], [2, 8192 + 65_536]);
  staging.release(large);
  staging.release(small);
  assert.equal(staging.acquire(8192), small);
  assert.equal(staging.acquire(10), large);
  assert.equal(staging.created, 2);
  staging.release(small);
  await staging.read(large, 4);
  assert.equal(staging.acquire(8193), large);
});

Deno.test("a buffer that is destroyed while its bytes are taken is not lent again", async () => {
  const staging = new StagingPool(device);
  const buffer = stage(staging, Uint32Array.of(1));
  await staging.readInto(buffer, 4, () => staging.destroy(buffer)).catch(() => {});
  assert.equal(staging.bytes, 0);
  assert.notEqual(staging.acquire(4), buffer);
});

Deno.test("overlapping reads do not disturb each other", async () => {
  const staging = new StagingPool(device);
  const contents = [1, 2, 3].map((value) => new Uint32Array(100).fill(value));
  const buffers = contents.map((words) => stage(staging, words));
  assert.equal(new Set(buffers).size, 3);
  const results = await Promise.all(buffers.map((buffer) => staging.read(buffer, 400)));
  results.forEach((bytes, i) => assert.deepEqual(new Uint32Array(bytes), contents[i]));
});

Deno.test("at most 64 MiB of free buffers are kept, and trim destroys them", () => {
  const staging = new StagingPool(device);
  const buffers = Array.from({ length: 5 }, () => staging.acquire(16 * MEBI));
  assert.equal(staging.bytes, 80 * MEBI);
  for (const buffer of buffers) staging.release(buffer);
  assert.equal(staging.bytes, 64 * MEBI);
  staging.trim();
  assert.equal(staging.bytes, 0);
});

Deno.test("a buffer that cannot be mapped is given up, and the bytes with it", async () => {
  const staging = new StagingPool(device);
  const buffer = staging.acquire(100);
  buffer.destroy();
  await assert.rejects(staging.read(buffer, 100));
  assert.equal(staging.bytes, 0);
  assert.notEqual(staging.acquire(100), buffer);
});

/** A staging pool whose device makes no buffers, but notes their sizes. */
function simulated(maxBufferSize: number): { staging: StagingPool; sizes: number[] } {
  const sizes: number[] = [];
  const createBuffer = ({ size }: { size: number }) => {
    sizes.push(size);
    return { size, destroy() {} };
  };
  return { staging: new StagingPool(fakeDevice({ limits: limits({ maxBufferSize }), createBuffer })), sizes };
}

Deno.test("rounding up never asks for more than the device allows", () => {
  // llvmpipe and Intel allow one byte less than 2 GiB.
  const { staging, sizes } = simulated(2 * GIBI - 1);
  const buffer = staging.acquire(1.25 * GIBI);
  assert.ok(buffer.size >= 1.25 * GIBI);
  assert.ok(sizes[0]! < 2 * GIBI, `asked for ${sizes[0]} bytes`);
});

Deno.test("results that no staging buffer can hold are an error that names the limit, before one is made", () => {
  const { staging, sizes } = simulated(GIBI);
  assert.throws(() => staging.acquire(GIBI + 4), { name: "RangeError", message: /1073741828.*1073741824/s });
  assert.deepEqual([sizes, staging.created, staging.bytes], [[], 0, 0]);
});

/** A staging pool over buffers that are no buffers: they note what is done to them. */
function watchedPool(runtime: string, rangeFails = false) {
  const calls: string[] = [];
  let failures = rangeFails ? 1 : 0;
  const buffer = {
    size: 4096,
    mapAsync: () => {
      calls.push("map");
      return new Promise<void>((resolve) => setTimeout(() => resolve(void calls.push("mapped")), 1));
    },
    getMappedRange() {
      if (calls.at(-1) === "map" && calls.length > 4 && failures-- > 0) throw new Error("not mapped");
      calls.push("range");
      return new ArrayBuffer(4096);
    },
    unmap: () => calls.push("unmap"),
    destroy() {},
  };
  const device = fakeDevice({ createBuffer: () => buffer, limits: limits() });
  return { staging: new StagingPool(device, runtime), calls };
}

async function readTwice(
  { staging, calls }: ReturnType<typeof watchedPool>,
  ...latency: ["low"] | []
): Promise<string[]> {
  for (let i = 0; i < 2; i++) await staging.readInto(staging.acquire(16, ...latency), 16, () => {}, "low");
  return calls;
}

const WAITING = ["map", "mapped", "range", "unmap"];

Deno.test("low latency looks at once, but at a buffer that was never mapped", async () => {
  assert.deepEqual(await readTwice(watchedPool("2.9.6")), [...WAITING, "map", "range", "unmap"]);
});

Deno.test("low latency waits as usual in other versions of Deno, and where the buffer is not mapped yet", async () => {
  for (const version of ["2.8.0", "2.10.0", "3.0.0", ""]) {
    assert.deepEqual(await readTwice(watchedPool(version)), [...WAITING, ...WAITING], version);
  }
  assert.deepEqual(await readTwice(watchedPool("2.9.6", true)), [...WAITING, ...WAITING]);
});

Deno.test("low latency looks at once at a buffer that was made for it, in versions that allow it", async () => {
  const atOnce = ["map", "range", "unmap"];
  assert.deepEqual(await readTwice(watchedPool("2.9.6"), "low"), ["range", "unmap", ...atOnce, ...atOnce]);
  assert.deepEqual(await readTwice(watchedPool("2.8.0"), "low"), [...WAITING, ...WAITING]);
});

Deno.test("a buffer that was made for low latency gives what was copied to it", async () => {
  const staging = new StagingPool(device);
  const source = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(source, 0, Uint32Array.of(7, 8, 9, 10));
  const encoder = device.createCommandEncoder();
  const buffer = staging.acquire(16, "low");
  encoder.copyBufferToBuffer(source, 0, buffer, 0, 16);
  device.queue.submit([encoder.finish()]);
  const found = await staging.readInto(buffer, 16, (mapped) => [...new Uint32Array(mapped, 0, 4)], "low");
  assert.deepEqual(found, [7, 8, 9, 10]);
  staging.trim();
  source.destroy();
});
