/** The buffer pool: every GPU buffer of the library is made, counted, reused and destroyed here. */

/**
 * The usage of every pooled buffer: bound to kernels, written from the CPU, copied either way. These are
 * STORAGE, UNIFORM, COPY_DST and COPY_SRC as numbers, since importing must touch no GPU global.
 */
const STORAGE_USAGE = 0x80 | 0x40 | 0x08 | 0x04;

/** Bytes of free buffers kept for reuse. Beyond that, those unused for longest are destroyed. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** One 32-bit word of a quiet NaN with a payload that no computation makes. */
const POISON = 0x7fc0dead;

/** Options of a {@linkcode BufferPool}. */
export interface BufferPoolOptions {
  /** Fill buffers with NaN bits before they are handed out, so that a read of unwritten memory shows. */
  poison?: boolean;
}

/** Hands out storage buffers by size, counts the live bytes, and keeps a bounded number of free ones. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #poison: boolean;
  /** Free buffers, the one unused for longest first. */
  #free: GPUBuffer[] = [];
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

  /** Bytes of the largest storage buffer that the device can hold and bind. */
  get largest(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 16) * 16;
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
    if (size > this.largest) {
      const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
      throw new RangeError(
        `Cannot allocate GPU buffer "${label}": ${size} bytes exceed this device's limit of ${this.largest} ` +
          `(maxBufferSize ${maxBufferSize}, maxStorageBufferBindingSize ${maxStorageBufferBindingSize})`,
      );
    }
    const at = this.#free.findLastIndex((buffer) => buffer.size === size);
    let buffer = at < 0 ? undefined : this.#free.splice(at, 1)[0];
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

  /**
   * As {@linkcode acquire}, but the buffer holds zeros.
   *
   * @param encoder Writes them, once the caller submits its commands. Default: they are submitted at once.
   */
  acquireZeros(bytes: number, label: string, encoder?: GPUCommandEncoder): GPUBuffer {
    const buffer = this.acquire(bytes, label);
    const own = encoder ?? this.#device.createCommandEncoder();
    own.clearBuffer(buffer);
    if (encoder === undefined) this.#device.queue.submit([own.finish()]);
    return buffer;
  }

  /** Overwrites a live buffer with NaN bits if the pool is poisoned; does nothing otherwise. */
  poison(buffer: GPUBuffer): void {
    if (!this.#poison) return;
    this.#device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(POISON));
  }

  /** Takes a buffer back. Commands that are submitted already can still use it. */
  release(buffer: GPUBuffer): void {
    const size = this.#live.get(buffer);
    if (size === undefined) throw new Error(`Cannot release GPU buffer "${buffer.label}": it is not live in this pool`);
    this.#live.delete(buffer);
    this.#liveBytes -= size;
    this.#free.push(buffer);
    this.#freeBytes += size;
    while (this.#freeBytes > KEEP_BYTES) {
      const oldest = this.#free.shift() as GPUBuffer;
      this.#freeBytes -= oldest.size;
      oldest.destroy();
    }
  }

  /** Destroys all free buffers. */
  trim(): void {
    for (const buffer of this.#free) buffer.destroy();
    this.#free = [];
    this.#freeBytes = 0;
  }
}

/** The size of a buffer for `bytes` bytes: a multiple of 16, and at least 16, since an empty buffer cannot be bound. */
export function bufferSize(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}
