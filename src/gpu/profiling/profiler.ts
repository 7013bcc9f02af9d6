/** Times of the kernels of chosen calls, if the adapter has `timestamp-query`. */

import { KernelStore, type TimedKernel } from "./kernel_store.ts";
import { kernelSession } from "./session.ts";

/** Time of one dispatch. */
export interface KernelTime {
  /** The dispatch's label: the path of what it computes, such as `narrow_bert.encoder.layer.0.output.dense`. */
  label: string;
  /** Nanoseconds on the GPU. */
  nanoseconds: number;
  /** The kernel's name, such as `matmul_tiled`. */
  kernel: string;
  /** Its sizes, roughly: calls of one kernel and shape take about as long. */
  shape: string;
  /** The part of the model that it computes, such as `narrow layers`; null if it belongs to none. */
  part: string | null;
  /** Floating-point operations of products and attention; 0 of kernels that only memory limits. */
  operations: number;
  /** Bytes of the tensors that it reads and writes. */
  bytes: number;
}

/** Set once the class is defined. */
let storeIn: (profiler: Profiler) => KernelStore;

/** What keeps the times of a profiler's calls. */
export function kernelStoreOf(profiler: Profiler): KernelStore {
  return storeIn(profiler);
}

/**
 * Collects the times of all kernels of the calls that are given it; read them with {@linkcode Profiler.collect}.
 * {@linkcode startProfile} does that for whatever a program computes.
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
  readonly #store: KernelStore;
  #times: KernelTime[] = [];

  static {
    storeIn = (profiler) => profiler.#store;
  }

  /**
   * Makes a profiler for calls on a device.
   *
   * @throws {Error} If the device was made without the `timestamp-query` feature.
   */
  constructor(device: GPUDevice) {
    if (!device.features.has("timestamp-query")) {
      throw new Error("Cannot profile kernels: this device lacks the feature timestamp-query");
    }
    this.#store = new KernelStore(device, (submission) => {
      kernelSession()?.listener(submission);
      for (const kernel of submission.kernels) this.#times.push(timeOf(kernel));
    });
  }

  /**
   * The times of the calls that are done, since the last time that they were collected, in order.
   *
   * @throws {Error} If the times of some cannot be read, as the device was lost.
   */
  async collect(): Promise<KernelTime[]> {
    const { lost } = this.#store;
    await this.#store.drain();
    if (this.#store.lost > lost) {
      throw new Error(`Cannot read the times of ${this.#store.lost - lost} kernels: the device was lost`);
    }
    const times = this.#times;
    this.#times = [];
    return times;
  }

  /** Frees its memory on the GPU. */
  dispose(): void {
    this.#store.dispose();
  }

  /** Calls {@linkcode Profiler.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function timeOf({ label, work, start, end }: TimedKernel): KernelTime {
  const { kernel = label, shape = "", part = null, operations = 0, bytes = 0 } = work ?? {};
  return { label, nanoseconds: Number(end - start), kernel, shape, part, operations, bytes };
}
