import assert from "node:assert/strict";
import { BufferPool, bufferSize } from "../../src/gpu/buffers.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Recorder } from "../../src/gpu/recorder.ts";
import { StagingPool } from "../../src/gpu/readback.ts";
import { watchedDevice } from "./fake_devices.ts";

const MEBI = 1024 * 1024;
const { device } = await requestGpu();

/** The 32-bit words that a buffer holds. */
async function wordsOf(buffer: GPUBuffer): Promise<Uint32Array> {
  const staging = new StagingPool(device);
  const target = staging.acquire(buffer.size);
  const recorder = new Recorder(device);
  recorder.copy(buffer, 0, target, 0, buffer.size);
  recorder.submit();
  const words = new Uint32Array(await staging.read(target, buffer.size));
  staging.trim();
  return words;
}

Deno.test("buffer sizes are multiples of 16 and never 0", () => {
  const sizes = [0, 1, 15, 16, 17, 100].map(bufferSize);
  assert.deepEqual(sizes, [16, 16, 16, 16, 32, 112]);
});

Deno.test("a pool counts live and free bytes", () => {
  const pool = new BufferPool(device);
  const a = pool.acquire(100, "a");
  const b = pool.acquire(0, "b");
  assert.deepEqual([a.size, b.size, a.label], [112, 16, "a"]);
  assert.deepEqual([pool.liveBytes, pool.freeBytes, pool.created], [128, 0, 2]);
  pool.release(a);
  assert.deepEqual([pool.liveBytes, pool.freeBytes], [16, 112]);
  pool.release(b);
  assert.deepEqual([pool.liveBytes, pool.freeBytes, pool.created], [0, 128, 2]);
  pool.trim();
  assert.deepEqual([pool.liveBytes, pool.freeBytes], [0, 0]);
});

Deno.test("a pool hands a released buffer out again for the same size, and for no other", () => {
  const pool = new BufferPool(device);
  const buffer = pool.acquire(64, "first");
  const other = pool.acquire(64, "second");
  assert.notEqual(other, buffer);
  pool.release(buffer);
  assert.notEqual(pool.acquire(65, "larger"), buffer);
  assert.equal(pool.acquire(49, "same after rounding"), buffer);
  assert.deepEqual([pool.created, pool.freeBytes, pool.liveBytes], [3, 0, 64 + 64 + 80]);
  assert.notEqual(pool.acquire(64, "third"), buffer);
});

Deno.test("a buffer can be released once, and only to the pool it is from", () => {
  const pool = new BufferPool(device);
  const buffer = pool.acquire(16, "scores");
  pool.release(buffer);
  assert.throws(() => pool.release(buffer), /^Error: Cannot release GPU buffer "scores": it is not live in this pool$/);
  const foreign = new BufferPool(device).acquire(16, "foreign");
  assert.throws(() => pool.release(foreign), /"foreign": it is not live in this pool/);
  assert.deepEqual([pool.liveBytes, pool.freeBytes], [0, 16]);
});

Deno.test("a buffer beyond the device's limits is an error that names it, its size and the limits, before any is made", () => {
  const { device: watched, calls } = watchedDevice(device);
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const pool = new BufferPool(watched);
  assert.throws(() => pool.acquire(limit + 1, "word embeddings"), (error: unknown) => {
    assert.ok(error instanceof RangeError);
    const { message } = error;
    assert.match(message, /^Cannot allocate GPU buffer "word embeddings": /);
    const numbers = [`${bufferSize(limit + 1)} bytes`, `limit of ${limit}`, `maxBufferSize ${maxBufferSize}`];
    for (const part of [...numbers, `maxStorageBufferBindingSize ${maxStorageBufferBindingSize}`]) {
      assert.ok(message.includes(part), `"${message}" lacks "${part}"`);
    }
    return true;
  });
  assert.deepEqual([calls, pool.liveBytes, pool.created], [[], 0, 0]);
});

Deno.test("at most 64 MiB of free buffers are kept", () => {
  const pool = new BufferPool(device);
  const buffers = [24, 24, 24].map((size) => pool.acquire(size * MEBI, "large"));
  for (const buffer of buffers) pool.release(buffer);
  assert.deepEqual([pool.liveBytes, pool.freeBytes], [0, 48 * MEBI]);
  pool.acquire(24 * MEBI, "again");
  assert.deepEqual([pool.created, pool.freeBytes], [3, 24 * MEBI]);
  pool.trim();
});

Deno.test("in the poison mode every buffer handed out holds NaN, reused ones too", async () => {
  const pool = new BufferPool(device, { poison: true });
  assert.equal(pool.poisoned, true);
  const buffer = pool.acquire(40, "a");
  const allNan = async () => {
    const words = await wordsOf(buffer);
    assert.equal(words.length, 12);
    for (const value of new Float32Array(words.buffer)) assert.ok(Number.isNaN(value));
  };
  await allNan();
  device.queue.writeBuffer(buffer, 0, new Uint32Array(12).fill(7));
  pool.release(buffer);
  assert.equal(pool.acquire(40, "b"), buffer);
  await allNan();
  device.queue.writeBuffer(buffer, 0, new Uint32Array(12).fill(7));
  pool.poison(buffer);
  await allNan();
});

Deno.test("outside the poison mode nobody writes to a buffer", async () => {
  const pool = new BufferPool(device);
  assert.equal(pool.poisoned, false);
  const buffer = pool.acquire(16, "a");
  device.queue.writeBuffer(buffer, 0, Uint32Array.of(1, 2, 3, 4));
  pool.poison(buffer);
  pool.release(buffer);
  assert.equal(pool.acquire(16, "b"), buffer);
  assert.deepEqual(await wordsOf(buffer), Uint32Array.of(1, 2, 3, 4));
});
