/** The GPU memory of contexts that stay: outputs of the last full layer, counted, and within a limit of bytes. */

import { OverloadedError } from "../../base/errors.ts";
import { Lease } from "../../base/lease.ts";
import { bufferSize } from "../../gpu/buffers.ts";
import type { Gpu } from "../../gpu/device.ts";

/** Most bytes of the contexts that are kept of a model's texts, if the caller says nothing else: 256 MiB. */
export const MAX_CONTEXT_BYTES = 256 * 1024 * 1024;

/** The buffers of one context. */
export class ContextMemory {
  readonly buffers: readonly GPUBuffer[];
  /** Their bytes. */
  readonly bytes: number;
  /** Held by the calls that read them. */
  readonly lease: Lease;

  /** @param free Frees the buffers. Called once. */
  constructor(
    buffers: readonly GPUBuffer[],
    { bytes, free }: { bytes: number; free: (memory: ContextMemory) => void },
  ) {
    this.buffers = buffers;
    this.bytes = bytes;
    this.lease = new Lease(
      "Cannot ask this context: it was disposed, or the model that it is of; encode the texts again",
      () => free(this),
    );
  }
}

/** The contexts of one model. */
export class ContextPool {
  readonly #gpu: Gpu;
  readonly #limit: number;
  readonly #kept = new Set<ContextMemory>();
  /** Bytes of the buffers, also of those that are about to be allocated. */
  #bytes = 0;

  /** @param limit Most bytes of all contexts together. */
  constructor(gpu: Gpu, limit: number) {
    this.#gpu = gpu;
    this.#limit = limit;
  }

  /** Bytes of all contexts. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Allocates the buffers of a context, of these sizes in bytes.
   *
   * @throws {OverloadedError} If all contexts together would be larger than the limit.
   */
  async allocate(sizes: readonly number[]): Promise<ContextMemory> {
    const bytes = sizes.reduce((sum, size) => sum + bufferSize(size), 0);
    this.#checkRoom(bytes);
    this.#bytes += bytes;
    const buffers: GPUBuffer[] = [];
    const free = () => {
      for (const buffer of buffers) this.#gpu.buffers.release(buffer);
      this.#bytes -= bytes;
    };
    try {
      await this.#gpu.scoped("keep a context on the GPU", () => {
        for (const size of sizes) buffers.push(this.#gpu.buffers.acquire(size, "context"));
      });
    } catch (error) {
      free();
      this.#gpu.buffers.trim(); // A buffer that does not work must not be lent again.
      throw error;
    }
    const memory = new ContextMemory(buffers, {
      bytes,
      free: (memory) => {
        this.#kept.delete(memory);
        free();
      },
    });
    this.#kept.add(memory);
    return memory;
  }

  /** Frees all contexts, once the calls that read them are done. */
  dispose(): void {
    for (const { lease } of this.#kept) lease.dispose();
  }

  #checkRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#limit) return;
    const cure = this.#bytes === 0 ? "encode fewer texts at once" : "dispose of contexts that are not needed any more";
    throw new OverloadedError(
      `Cannot keep a context of ${bytes} bytes: maxContextBytes is ${this.#limit}, and contexts of ${this.#bytes} ` +
        `bytes are kept; ${cure}, or load the model with a larger maxContextBytes`,
    );
  }
}
