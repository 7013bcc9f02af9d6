/** Uploads weights through a staging array of fixed size. */

import type { Gpu } from "../gpu/device.ts";
import { pieces } from "../io/checkpoint/floats.ts";
import { type Placement, rowsInWindow, scatterPlacement } from "./placement.ts";

/** Bytes of a weight that are laid out and uploaded at once; a transposed weight is read once for each such window. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** Element type of a weight on the GPU. */
export type WeightDtype = "f32" | "f16";

/** A tensor's elements, row-major: an array of them, or a reader of a file. */
export interface Elements {
  /** The elements from `begin` to `end`, for reading only. The next call may overwrite them. */
  subarray(begin: number, end: number): Float32Array;
}

/** Lays weights out and writes them to their buffers, at most {@linkcode WINDOW_BYTES} at once. */
export class Uploader {
  readonly #queue: GPUQueue;
  readonly #memory: Float32Array<ArrayBuffer>;
  #halves: Float16Array<ArrayBuffer> | null = null;
  /** Bytes written since the last submit. */
  #written = 0;

  /** @param largest Bytes of the largest weight, as f32. */
  constructor({ device }: Gpu, largest: number) {
    this.#queue = device.queue;
    this.#memory = new Float32Array(Math.min(WINDOW_BYTES, largest) / 4);
  }

  /**
   * Fills a parameter's buffer with the matrix that its parts form.
   *
   * @param tensors One for each part.
   * @throws {RangeError} If an element is beyond f16.
   */
  upload(parameter: UploadedParameter, tensors: readonly Elements[]): void {
    const { buffer, bytes, dtype, parts } = parameter;
    const size = dtype === "f16" ? 2 : 4;
    for (let first = 0; first < bytes / size; first += this.#memory.length) {
      const window = this.#memory.subarray(0, bytes / size - first);
      layOutWindow(parts, tensors, { window, first });
      const sent = dtype === "f16" ? this.#halved(window, parameter) : window;
      this.#queue.writeBuffer(buffer, size * first, sent);
      this.#written += sent.byteLength;
      if (this.#written < WINDOW_BYTES) continue;
      this.#queue.submit([]); // Until a submit, the queue holds its own copy of all bytes written.
      this.#written = 0;
    }
  }

  #halved(window: Float32Array, { label }: UploadedParameter): Float16Array<ArrayBuffer> {
    const halves = (this.#halves ??= new Float16Array(this.#memory.length)).subarray(0, window.length);
    halves.set(window);
    const bits = new Uint16Array(halves.buffer, 0, halves.length);
    const beyond = bits.findIndex((word) => (word & 0x7fff) === 0x7c00);
    if (beyond < 0) return halves;
    throw new RangeError(
      `Cannot load weight "${label}" as f16: its elements must be at most 65504 in size, got ${window[beyond]}; ` +
        'load the model with dtype "f32"',
    );
  }
}

/** The part of a parameter that an upload reads. */
interface UploadedParameter {
  readonly label: string;
  readonly buffer: GPUBuffer;
  /** Bytes of the matrix, padding included. */
  readonly bytes: number;
  readonly dtype: WeightDtype;
  readonly parts: readonly Placement[];
}

/**
 * Fills a window of a matrix, its elements from number `first` on, from the tensors of its parts. A transposed tensor
 * has elements of every row in each window, so it is read again for each.
 */
export function layOutWindow(
  parts: readonly Placement[],
  tensors: readonly Elements[],
  { window, first }: { window: Float32Array; first: number },
): void {
  window.fill(0);
  for (const [i, part] of parts.entries()) {
    const { begin, end } = rowsInWindow(part, { begin: first, end: first + window.length });
    for (const piece of pieces(begin, end)) {
      const data = (tensors[i] as Elements).subarray(piece.begin, piece.end);
      scatterPlacement(part, data, window, { from: piece.begin, first });
    }
  }
}
