/**
 * Weights on the GPU, and how each lies there.
 *
 * A checkpoint's tensors are laid out for the kernels when they are loaded: linear weights `[out, in]` are stored as
 * `[in, out]`, the query, key and value projections side by side in one matrix, each head's columns padded to a multiple
 * of 4. A {@linkcode Part} says where each element goes, in both directions, so that weights can be read back and saved.
 */

import type { ParameterBuffer } from "../graph/graph.ts";
import type { Gpu } from "../gpu/device.ts";
import { bufferSize } from "../gpu/buffers.ts";
import { Recorder } from "../gpu/recorder.ts";
import { pitch } from "../kernels/kernel.ts";

/** One checkpoint tensor's place in a physical matrix. A vector `[n]` counts as one row `[1, n]`. */
export interface Part {
  /** Checkpoint name. */
  name: string;
  /** Checkpoint shape, one or two dimensions. */
  shape: readonly number[];
  /** Element offset of the tensor's first element in the physical matrix. */
  offset: number;
  /** Physical distance of neighbouring rows and of neighbouring columns. */
  rowStride: number;
  columnStride: number;
  /** Padding of groups (heads) of `size` consecutive indices to `padded`, along rows or columns. */
  rowGroup?: Group;
  columnGroup?: Group;
}

/** Groups of `size` indices, each followed by room up to `padded`. */
export interface Group {
  size: number;
  padded: number;
}

/** A physical matrix `[rows, columns]`, rows pitched, made of checkpoint tensors. */
export class Parameter implements ParameterBuffer {
  readonly label: string;
  readonly shape: readonly number[];
  readonly parts: readonly Part[];
  #buffer: GPUBuffer | null = null;

  constructor(label: string, shape: readonly number[], parts: readonly Part[]) {
    this.label = label;
    this.shape = shape;
    this.parts = parts;
  }

  /** Number of 32-bit elements, padding included. */
  get elements(): number {
    const columns = this.shape.at(-1) ?? 1;
    return this.shape.slice(0, -1).reduce((a, b) => a * b, 1) * pitch(columns);
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return bufferSize(this.elements * 4);
  }

  /** Whether the weights are on the GPU. */
  get loaded(): boolean {
    return this.#buffer !== null;
  }

  get buffer(): GPUBuffer {
    if (this.#buffer === null) {
      throw new Error(`Weight "${this.label}" is not on the GPU: it was not loaded, or disposed`);
    }
    return this.#buffer;
  }

  set buffer(buffer: GPUBuffer | null) {
    this.#buffer = buffer;
  }
}

/** Bytes of weights that are read back with one wait. */
const READ_BYTES = 64 * 1024 * 1024;

/** Where weights come from: a checkpoint, random numbers, or another model. */
export interface WeightSource {
  /** The tensor's elements, row-major. */
  get(name: string): Float32Array;
}

/** All parameters of a model: declared first, so that their size is known before GPU memory is touched, then loaded. */
export class ParameterSet {
  readonly #parameters: Parameter[] = [];
  #gpu: Gpu | null = null;

  /** The declared parameters. */
  get all(): readonly Parameter[] {
    return this.#parameters;
  }

  /** Bytes of all parameters on the GPU. */
  get bytes(): number {
    return this.#parameters.reduce((sum, parameter) => sum + parameter.bytes, 0);
  }

  /** Declares a vector such as a bias, padded to its pitch. */
  vector(name: string, length: number): Parameter {
    return this.declare(name, [1, length], [{ name, shape: [length], offset: 0, rowStride: 0, columnStride: 1 }]);
  }

  /** Declares a table whose rows are looked up, `[rows, columns]` as in the checkpoint. */
  table(name: string, rows: number, columns: number): Parameter {
    const part = { name, shape: [rows, columns], offset: 0, rowStride: pitch(columns), columnStride: 1 };
    return this.declare(name, [rows, columns], [part]);
  }

  /** Declares a linear layer's weight: `[outputs, inputs]` in the checkpoint, `[inputs, outputs]` on the GPU. */
  transposed(name: string, outputs: number, inputs: number): Parameter {
    const part = { name, shape: [outputs, inputs], offset: 0, rowStride: 1, columnStride: pitch(outputs) };
    return this.declare(name, [inputs, outputs], [part]);
  }

  /** Declares a matrix of several parts. */
  declare(label: string, shape: readonly number[], parts: readonly Part[]): Parameter {
    const parameter = new Parameter(label, shape, parts);
    this.#parameters.push(parameter);
    return parameter;
  }

  /**
   * Checks that the device can hold every parameter.
   *
   * @throws {RangeError} Naming the first that it cannot.
   */
  checkFits(gpu: Gpu): void {
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    const limit = gpu.buffers.largest;
    for (const { label, bytes, shape } of this.#parameters) {
      if (bytes <= limit) continue;
      throw new RangeError(
        `Cannot load weight "${label}" [${shape.join(", ")}]: it needs ${bytes} bytes in one buffer, ` +
          `this device allows ${limit} (maxBufferSize ${maxBufferSize}, ` +
          `maxStorageBufferBindingSize ${maxStorageBufferBindingSize})`,
      );
    }
  }

  /** Brings all parameters to the GPU; on an error none stays there. */
  load(gpu: Gpu, source: WeightSource, { signal }: { signal?: AbortSignal | undefined } = {}): void {
    this.checkFits(gpu);
    this.#gpu = gpu;
    try {
      for (const parameter of this.#parameters) {
        signal?.throwIfAborted();
        const elements = new Float32Array(parameter.bytes / 4);
        for (const part of parameter.parts) scatterPart(part, source.get(part.name), elements);
        parameter.buffer = gpu.buffers.acquire(parameter.bytes, parameter.label);
        gpu.device.queue.writeBuffer(parameter.buffer, 0, elements);
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Reads all parameters back, as checkpoint tensors by name: many with one wait, at most {@linkcode READ_BYTES} at once. */
  async read(): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
    const gpu = this.#gpu;
    if (gpu === null) throw new Error("Cannot read weights: they are not on the GPU");
    const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (let next = 0; next < this.#parameters.length;) {
      const chunk: Parameter[] = [];
      let bytes = 0;
      for (; next < this.#parameters.length; next++) {
        const parameter = this.#parameters[next] as Parameter;
        if (chunk.length > 0 && bytes + parameter.bytes > READ_BYTES) break;
        chunk.push(parameter);
        bytes += parameter.bytes;
      }
      await gpu.watch(() => readChunk(gpu, chunk, bytes, tensors));
    }
    return tensors;
  }

  /** Gives the GPU memory back. */
  dispose(): void {
    for (const parameter of this.#parameters) {
      if (!parameter.loaded) continue;
      this.#gpu?.buffers.release(parameter.buffer);
      parameter.buffer = null;
    }
    this.#gpu = null;
  }
}

/** Reads parameters of `bytes` bytes in all with one wait, and adds their checkpoint tensors. */
async function readChunk(
  gpu: Gpu,
  chunk: readonly Parameter[],
  bytes: number,
  tensors: Map<string, { shape: readonly number[]; data: Float32Array }>,
): Promise<void> {
  const staging = gpu.staging.acquire(bytes);
  const recorder = new Recorder(gpu.device);
  let end = 0;
  for (const { buffer, bytes } of chunk) {
    recorder.copy(buffer, 0, staging, end, bytes);
    end += bytes;
  }
  recorder.submit();
  await gpu.staging.readInto(staging, bytes, (mapped) => {
    let start = 0;
    for (const { bytes, parts } of chunk) {
      const elements = new Float32Array(mapped, start, bytes / 4);
      for (const part of parts) tensors.set(part.name, { shape: part.shape, data: gatherPart(part, elements) });
      start += bytes;
    }
  });
}

/** Copies a checkpoint tensor to its place. */
export function scatterPart(part: Part, data: Float32Array, elements: Float32Array): void {
  forEachRun(part, (at, physical, count, stride) => {
    if (stride === 1) elements.set(data.subarray(at, at + count), physical);
    else for (let c = 0; c < count; c++) elements[physical + c * stride] = data[at + c] as number;
  });
}

/** Takes a checkpoint tensor out of its place. */
export function gatherPart(part: Part, elements: Float32Array): Float32Array {
  const data = new Float32Array(part.shape.reduce((a, b) => a * b, 1));
  forEachRun(part, (at, physical, count, stride) => {
    for (let c = 0; c < count; c++) data[at + c] = elements[physical + c * stride] as number;
  });
  return data;
}

/** Visits the runs of columns that lie evenly: from `at` in the tensor, at `physical + c * stride` in the matrix. */
function forEachRun(
  { shape, offset, rowStride, columnStride, rowGroup, columnGroup }: Part,
  visit: (at: number, physical: number, count: number, stride: number) => void,
): void {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.length < 2 ? 1 : (shape[0] as number);
  const run = Math.max(1, Math.min(columns, columnGroup?.size ?? columns));
  for (let r = 0; r < rows; r++) {
    const row = offset + grouped(r, rowGroup) * rowStride;
    for (let c = 0; c < columns; c += run) {
      visit(r * columns + c, row + grouped(c, columnGroup) * columnStride, Math.min(run, columns - c), columnStride);
    }
  }
}

function grouped(index: number, group: Group | undefined): number {
  if (group === undefined) return index;
  return Math.floor(index / group.size) * group.padded + index % group.size;
}
