/** Timestamps around every dispatch, if the adapter has `timestamp-query`. */

/** Time of one dispatch. */
export interface KernelTime {
  /** The dispatch's label. */
  label: string;
  /** Nanoseconds on the GPU. */
  nanoseconds: number;
}

const MAX_DISPATCHES = 2048; // WebGPU allows 4,096 queries in a set; each dispatch takes two.
const QUERY_RESOLVE_COPY_SRC = 0x200 | 0x04;
const MAP_READ_COPY_DST = 0x01 | 0x08;
const MAP_MODE_READ = 0x01;

/**
 * Collects the timestamps of all recordings that use it; read them with {@linkcode Profiler.collect}.
 *
 * @example
 * ```ts
 * import { NarrowBertModel, Profiler, requestGpu } from "@narrowbert/webgpu";
 *
 * const { device, features } = await requestGpu();
 * if (features.has("timestamp-query")) {
 *   using model = await NarrowBertModel.from_pretrained("examples/models/wordnet/topic");
 *   const profiler = new Profiler(device);
 *   await model.forward({ input_ids: [[2, 40, 41, 3]] }, { profiler });
 *   for (const { label, nanoseconds } of await profiler.collect()) console.log(label, nanoseconds);
 *   profiler.dispose();
 * }
 * ```
 */
export class Profiler {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;
  #labels: string[] = [];

  /**
   * Makes the query set and its buffers.
   *
   * @throws {Error} If the device was made without the `timestamp-query` feature.
   */
  constructor(device: GPUDevice) {
    if (!device.features.has("timestamp-query")) {
      throw new Error("Cannot profile kernels: this device lacks the feature timestamp-query");
    }
    const size = MAX_DISPATCHES * 16;
    this.#queries = device.createQuerySet({ type: "timestamp", count: MAX_DISPATCHES * 2 });
    this.#resolved = device.createBuffer({ label: "profile", size, usage: QUERY_RESOLVE_COPY_SRC });
    this.#staging = device.createBuffer({ label: "profile staging", size, usage: MAP_READ_COPY_DST });
  }

  /** The timestamp writes of the next dispatch, or undefined once the query set is full. */
  next(label: string): GPUComputePassTimestampWrites | undefined {
    const i = this.#labels.length;
    if (i === MAX_DISPATCHES) return undefined;
    this.#labels.push(label);
    return { querySet: this.#queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
  }

  /** Appends the copy of the timestamps to the buffer that {@linkcode collect} maps. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = this.#labels.length;
    if (count === 0) return;
    encoder.resolveQuerySet(this.#queries, 0, 2 * count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, 16 * count);
  }

  /** The times recorded since the last call, in order. */
  async collect(): Promise<KernelTime[]> {
    const labels = this.#labels;
    this.#labels = [];
    if (labels.length === 0) return [];
    await this.#staging.mapAsync(MAP_MODE_READ, 0, 16 * labels.length);
    const stamps = new BigUint64Array(this.#staging.getMappedRange(0, 16 * labels.length).slice(0));
    this.#staging.unmap();
    return labels.map((label, i) => ({
      label,
      nanoseconds: Number((stamps[2 * i + 1] as bigint) - (stamps[2 * i] as bigint)),
    }));
  }

  /** Frees the query set and its buffers. */
  dispose(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}
