/** Uploads weights through a staging array of bounded size, reading each of their elements once. */

import { elementCount } from "../../base/shape.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { Placement } from "./placement.ts";
import { type Elements, layOutTile } from "./lay_out.ts";
import { type Tile, type TiledMatrix, tilesOf } from "./tiles.ts";

/** Bytes that are written at once. Until a submit, the queue holds its own copy of all bytes written. */
const WRITE_BYTES = 8 * 1024 * 1024;

/** Element type of a weight on the GPU. */
export type WeightDtype = "f32" | "f16";

/** Lays weights out and writes them to their buffers, tile by tile. */
export class Uploader {
  readonly #queue: GPUQueue;
  readonly #memory: Float32Array<ArrayBuffer>;
  #halves: Float16Array<ArrayBuffer> | null = null;
  /** Bytes written since the last submit. */
  #written = 0;

  /** @param parameters All that will be uploaded. */
  constructor({ device }: Gpu, parameters: readonly UploadedParameter[]) {
    this.#queue = device.queue;
    const sizes = parameters.map((parameter) => {
      const [largest] = tilesOf(matrixOf(parameter));
      return largest === undefined ? 0 : largest.rows * largest.columns;
    });
    this.#memory = new Float32Array(Math.max(0, ...sizes));
  }

  /**
   * Fills a parameter's buffer with the matrix that its parts form. It is a generator, so that the caller may pause after
   * each tile.
   *
   * @param tensors One for each part.
   * @returns The number of elements of each tile.
   * @throws {RangeError} If an element is beyond f16.
   */
  *upload(parameter: UploadedParameter, tensors: readonly Elements[]): Generator<number, void> {
    const { buffer, bytes, dtype, parts } = parameter;
    const matrix = matrixOf(parameter);
    const size = dtype === "f16" ? 2 : 4;
    for (const tile of tilesOf(matrix)) {
      const elements = this.#memory.subarray(0, tile.rows * tile.columns);
      layOutTile(parts, tensors, { elements, width: matrix.width, tile });
      this.#write(parameter, matrix.width, tile, dtype === "f16" ? this.#halved(elements, parameter) : elements);
      yield elements.length;
    }
    const end = size * matrix.rows * matrix.width;
    if (end < bytes) this.#queue.writeBuffer(buffer, end, new Uint8Array(bytes - end));
  }

  #write(
    { buffer }: UploadedParameter,
    width: number,
    { row, rows, column, columns }: Tile,
    { buffer: memory, byteLength, BYTES_PER_ELEMENT: size }: Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>,
  ): void {
    const first = size * (row * width + column);
    const run = rows === 1 || columns === width ? byteLength : size * columns; // neighbours in the buffer
    for (let at = 0; at < byteLength;) {
      const place = first + Math.floor(at / run) * size * width + at % run;
      const count = Math.min(run - at % run, WRITE_BYTES);
      this.#queue.writeBuffer(buffer, place, memory, at, count);
      at += count;
      this.#written += count;
      if (this.#written < WRITE_BYTES) continue;
      this.#queue.submit([]);
      this.#written = 0;
    }
  }

  #halved(elements: Float32Array, { label }: UploadedParameter): Float16Array<ArrayBuffer> {
    const halves = (this.#halves ??= new Float16Array(this.#memory.length)).subarray(0, elements.length);
    halves.set(elements);
    const bits = new Uint16Array(halves.buffer, 0, halves.length);
    const beyond = bits.findIndex((word) => (word & 0x7fff) === 0x7c00);
    if (beyond < 0) return halves;
    throw beyondHalf(label, elements[beyond] as number);
  }
}

/** Numbers from here on are infinite in 16 bits. */
const HALF_INFINITY = 65520;

/** Checks that the elements of a weight can be held in 16 bits. @throws {RangeError} If one is beyond them. */
export function checkHalf(label: string, elements: Float32Array): void {
  for (let i = 0; i < elements.length; i++) {
    const value = elements[i] as number;
    if (value >= HALF_INFINITY || value <= -HALF_INFINITY) throw beyondHalf(label, value);
  }
}

function beyondHalf(label: string, value: number): RangeError {
  return new RangeError(
    `Cannot load weight "${label}" as f16: its elements must be at most 65504 in size, got ${value}; ` +
      'load the model with dtype "f32"',
  );
}

/** The part of a parameter that an upload reads. */
interface UploadedParameter {
  readonly label: string;
  readonly shape: readonly number[];
  readonly buffer: GPUBuffer;
  /** Number of elements, padding included. */
  readonly elements: number;
  /** Bytes of the buffer. */
  readonly bytes: number;
  readonly dtype: WeightDtype;
  readonly parts: readonly Placement[];
}

function matrixOf({ shape, elements, parts }: UploadedParameter): TiledMatrix {
  const rows = elementCount(shape.slice(0, -1));
  return { rows, width: elements / rows, parts };
}
