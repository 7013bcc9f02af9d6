/** The buffer pool: every GPU buffer of the library is made, counted, reused and destroyed here. */

/** What every pooled buffer may be used for: bound to kernels, written from the CPU, copied either way. */
const STORAGE_USAGE = 0x80 | 0x40 | 0x08 | 0x04; // STORAGE | UNIFORM | COPY_DST | COPY_SRC: importing must touch no GPU global.

/** Free buffers kept for reuse, in bytes; beyond this they are destroyed on release. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** One 32-bit word of a quiet NaN with a payload that no computation makes. */
const POISON = 0x7fc0dead;

/** Options of a {@linkcode BufferPool}. */
export interface BufferPoolOptions {
  /** Fill buffers with NaN bits before they are handed out, so that reading what nobody wrote shows. */
  poison?: boolean;
}

/** Hands out storage buffers by size, counts the live bytes, and keeps a bounded number of free ones. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #poison: boolean;
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #live = new Map<GPUBuffer, number>();
  #liveBytes = 0;
  #freeBytes = 0;
  #created = 0;

  constructor(device: GPUDevice, { poison = false }: BufferPoolOptions = {}) {
    this.#device = device;
    this.#poison = poison;
  }

  /** Bytes of the buffers that are handed out. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Bytes of free buffers that wait for reuse. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Number of buffers created so far; a warm call leaves it as it was. */
  get created(): number {
    return this.#created;
  }

  /** Whether buffers are filled with NaN bits before use. */
  get poisoned(): boolean {
    return this.#poison;
  }

  /**
   * A storage buffer of at least `bytes` bytes, its contents undefined.
   *
   * @throws {RangeError} If the device cannot hold or bind a buffer of that size.
   */
  acquire(bytes: number, label: string): GPUBuffer {
    const size = bufferSize(bytes);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (size > limit) {
      throw new RangeError(
        `Cannot allocate GPU buffer "${label}": ${size} bytes exceed this device's limit of ${limit} ` +
          `(maxBufferSize ${maxBufferSize}, maxStorageBufferBindingSize ${maxStorageBufferBindingSize})`,
      );
    }
    let buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) {
      buffer = this.#device.createBuffer({ label, size, usage: STORAGE_USAGE });
      this.#created++;
    } else {
      this.#freeBytes -= size;
    }
    this.#live.set(buffer, size);
    this.#liveBytes += size;
    this.poison(buffer);
    return buffer;
  }

  /** Overwrites a live buffer with NaN bits, in the mode that asks for it; does nothing otherwise. */
  poison(buffer: GPUBuffer): void {
    if (!this.#poison) return;
    this.#device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(POISON));
  }

  /** Takes a buffer back. Commands already submitted still find it. */
  release(buffer: GPUBuffer): void {
    const size = this.#live.get(buffer);
    if (size === undefined) throw new Error(`Cannot release GPU buffer "${buffer.label}": it is not live in this pool`);
    this.#live.delete(buffer);
    this.#liveBytes -= size;
    if (this.#freeBytes + size > KEEP_BYTES) {
      buffer.destroy();
      return;
    }
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [buffer]);
    else list.push(buffer);
    this.#freeBytes += size;
  }

  /** Destroys all free buffers. */
  trim(): void {
    for (const list of this.#free.values()) for (const buffer of list) buffer.destroy();
    this.#free.clear();
    this.#freeBytes = 0;
  }
}

/** The size that a buffer for `bytes` bytes gets: a multiple of 16, and never empty, since empty buffers cannot be bound. */
export function bufferSize(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}
