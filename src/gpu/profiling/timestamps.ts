/** Timestamps of the GPU: sets of them, with the memory through which they come back. */

const QUERY_RESOLVE_COPY_SRC = 0x200 | 0x04;
const MAP_READ_COPY_DST = 0x01 | 0x08;
const MAP_MODE_READ = 0x01;

/** The most timestamps of a set that WebGPU allows. */
export const MOST_TIMESTAMPS = 4096;

/** A set of timestamps. It is used over and over: written, resolved, read. */
export class TimestampSet {
  readonly querySet: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  /** @param count How many it has, at most {@linkcode MOST_TIMESTAMPS}. */
  constructor(device: GPUDevice, count: number) {
    this.querySet = device.createQuerySet({ type: "timestamp", count });
    this.#resolved = device.createBuffer({ label: "timestamps", size: 8 * count, usage: QUERY_RESOLVE_COPY_SRC });
    this.#staging = device.createBuffer({ label: "timestamps, staging", size: 8 * count, usage: MAP_READ_COPY_DST });
  }

  /** Appends what makes the first `count` timestamps readable once the commands have run. */
  resolve(encoder: GPUCommandEncoder, count: number): void {
    encoder.resolveQuerySet(this.querySet, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, 8 * count);
  }

  /** Waits for the first `count` timestamps, which were resolved, in nanoseconds since some moment. */
  async read(count: number): Promise<BigUint64Array> {
    await this.#staging.mapAsync(MAP_MODE_READ, 0, 8 * count);
    const stamps = new BigUint64Array(this.#staging.getMappedRange(0, 8 * count).slice(0));
    this.#staging.unmap();
    return stamps;
  }

  /** Frees it. */
  destroy(): void {
    this.querySet.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}
