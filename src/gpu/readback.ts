/**
 * Staging buffers through which results come back.
 *
 * Deno's `mapAsync` blocks the event loop until all work submitted so far is done, and its promise takes 10 ms more. So
 * the scheduler starts reads when the GPU is nearly idle, and all reads of a submission together.
 */

import { deno } from "../base/runtime.ts";

const MAP_READ_COPY_DST = 0x01 | 0x08;
const MAP_MODE_READ = 0x01;

/** Bytes of free staging buffers kept for reuse. Beyond that, those unused for longest are destroyed. */
const KEEP_BYTES = 64 * 1024 * 1024;

/**
 * How a read waits: for the promise of `mapAsync` (`normal`), or only for the call, if that is known to work (`low`).
 */
export type Latency = "normal" | "low";

/** Versions of Deno in which `mapAsync` returns a mapped buffer. They panic if the buffer was never mapped before. */
const MAPS_AT_ONCE = /^2\.9\./;

/** Lends staging buffers and reads them. */
export class StagingPool {
  readonly #device: GPUDevice;
  readonly #free: GPUBuffer[] = [];
  readonly #mapsAtOnce: boolean;
  /** Buffers that were mapped before. */
  readonly #mapped = new WeakSet<GPUBuffer>();
  readonly #destroyed = new WeakSet<GPUBuffer>();
  #created = 0;
  #bytes = 0;

  /** @param runtime The version of Deno, for `latency: "low"`. */
  constructor(device: GPUDevice, runtime = deno()?.version.deno ?? "") {
    this.#device = device;
    this.#mapsAtOnce = MAPS_AT_ONCE.test(runtime);
  }

  /** Number of staging buffers created so far. */
  get created(): number {
    return this.#created;
  }

  /** Bytes of all staging buffers that exist. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A staging buffer of at least `bytes` bytes: the smallest free one that fits, or a new one.
   *
   * @param latency With `low`, a new one is mapped once, so that its first read is of low latency too. That fills it
   *   with zeros, which takes time if it is large.
   * @throws {RangeError} If the device allows no buffer of that size.
   */
  acquire(bytes: number, latency: Latency = "normal"): GPUBuffer {
    let best = -1;
    this.#free.forEach((buffer, i) => {
      if (buffer.size >= bytes && (best < 0 || buffer.size < (this.#free[best] as GPUBuffer).size)) best = i;
    });
    if (best >= 0) return this.#free.splice(best, 1)[0] as GPUBuffer;
    const { maxBufferSize } = this.#device.limits;
    if (bytes > maxBufferSize) {
      throw new RangeError(
        `Cannot read ${bytes} bytes of results at once: this device allows buffers of ${maxBufferSize} bytes ` +
          "(maxBufferSize); use a smaller batch, or ask for less",
      );
    }
    const size = Math.min(2 ** Math.ceil(Math.log2(Math.max(bytes, 4096))), Math.floor(maxBufferSize / 4) * 4);
    this.#created++;
    this.#bytes += size;
    const mappedAtCreation = latency === "low" && this.#mapsAtOnce;
    const buffer = this.#device.createBuffer({ label: "staging", size, usage: MAP_READ_COPY_DST, mappedAtCreation });
    if (mappedAtCreation) {
      buffer.getMappedRange();
      buffer.unmap();
      this.#mapped.add(buffer);
    }
    return buffer;
  }

  /** Waits for the buffer's first `bytes` bytes and returns a copy of them; the buffer goes back to the pool. */
  read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    return this.readInto(buffer, bytes, (mapped) => mapped.slice(0, bytes));
  }

  /**
   * As {@linkcode read}, but passes the mapped bytes to `take`. They are gone when it returns, so it must copy. In
   * Deno, this call blocks the event loop until the GPU is idle.
   *
   * @param latency `low` saves the 10 ms that the promise of `mapAsync` takes. It has an effect in versions of Deno
   *   that are known to allow it, and on buffers that were read before.
   */
  async readInto<T>(
    buffer: GPUBuffer,
    bytes: number,
    take: (mapped: ArrayBuffer) => T,
    latency: Latency = "normal",
  ): Promise<T> {
    const length = Math.max(4, Math.ceil(bytes / 4) * 4);
    try {
      const mapped = buffer.mapAsync(MAP_MODE_READ, 0, length);
      const range = this.#rangeAtOnce(buffer, length, { mapped, latency }) ?? await this.#range(buffer, length, mapped);
      const taken = take(range);
      buffer.unmap();
      this.release(buffer);
      return taken;
    } catch (error) {
      this.destroy(buffer);
      throw error;
    }
  }

  async #range(buffer: GPUBuffer, length: number, mapped: Promise<undefined>): Promise<ArrayBuffer> {
    await mapped;
    if (this.#destroyed.has(buffer)) throw new Error("Cannot read a staging buffer: it was destroyed meanwhile");
    this.#mapped.add(buffer);
    return buffer.getMappedRange(0, length);
  }

  /** The mapped bytes without waiting for the promise; undefined if that is not possible. */
  #rangeAtOnce(
    buffer: GPUBuffer,
    length: number,
    { mapped, latency }: { mapped: Promise<undefined>; latency: Latency },
  ): ArrayBuffer | undefined {
    if (latency !== "low" || !this.#mapsAtOnce || !this.#mapped.has(buffer)) return undefined;
    mapped.catch(() => {}); // The buffer is unmapped before it settles.
    try {
      return buffer.getMappedRange(0, length);
    } catch {
      return undefined; // not mapped yet after all
    }
  }

  /** Takes an unmapped buffer back, unless it was destroyed. Work that is submitted already may still write to it. */
  release(buffer: GPUBuffer): void {
    if (this.#destroyed.has(buffer)) return;
    this.#free.push(buffer);
    const freeBytes = () => this.#free.reduce((sum, { size }) => sum + size, 0);
    while (this.#free.length > 1 && freeBytes() > KEEP_BYTES) this.destroy(this.#free.shift() as GPUBuffer);
  }

  /** Destroys the free buffers. */
  trim(): void {
    for (const buffer of this.#free.splice(0)) this.destroy(buffer);
  }

  /** Destroys an acquired buffer. A read of it fails. */
  destroy(buffer: GPUBuffer): void {
    if (this.#destroyed.has(buffer)) return;
    this.#destroyed.add(buffer);
    this.#bytes -= buffer.size;
    buffer.destroy();
  }
}
