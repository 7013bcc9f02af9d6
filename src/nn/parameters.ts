/**
 * Weights on the GPU, and their layout there.
 *
 * A checkpoint's tensors are laid out for the kernels when they are loaded: linear weights `[out, in]` are stored as
 * `[in, out]`, the query, key and value projections side by side in one matrix, each head's columns padded to a
 * multiple of 4. A {@linkcode Placement} maps every element in both directions, so that weights can be read back and
 * saved.
 *
 * Word embeddings that no buffer holds as a whole lie in several, each a parameter with a slice of the rows.
 */

import { elementCount } from "../base/shape.ts";
import type { ParameterBuffer } from "../graph/value.ts";
import type { Gpu } from "../gpu/device.ts";
import { bufferSize } from "../gpu/buffers.ts";
import { tick } from "../base/tick.ts";
import { pitch } from "../kernels/kernel.ts";
import type { Elements } from "./layout/lay_out.ts";
import type { Placement } from "./layout/placement.ts";
import { rowSlices } from "./layout/slices.ts";
import { checkHalf, Uploader, type WeightDtype } from "./layout/upload.ts";

/** A physical matrix `[rows, columns]`, rows pitched, made of checkpoint tensors. */
export class Parameter implements ParameterBuffer {
  readonly label: string;
  readonly shape: readonly number[];
  readonly parts: readonly Placement[];
  readonly dtype: WeightDtype;
  #buffer: GPUBuffer | null = null;

  constructor(label: string, shape: readonly number[], parts: readonly Placement[], dtype: WeightDtype = "f32") {
    this.label = label;
    this.shape = shape;
    this.parts = parts;
    this.dtype = dtype;
  }

  /** Number of elements, padding included. */
  get elements(): number {
    const columns = this.shape.at(-1) ?? 1;
    return elementCount(this.shape.slice(0, -1)) * pitch(columns);
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return bufferSize(this.elements * (this.dtype === "f16" ? 2 : 4));
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

/** Elements that are uploaded between two turns of the event loop, at least. */
const TURN = 2 ** 18;

/** A source of weights: a checkpoint, random numbers, or another model. */
export interface ElementSource {
  /** The tensor of this name. A load asks for each tensor once, and for each of its elements once. */
  get(name: string): Elements;
}

/** How the weights of a model lie on a device. */
export interface WeightStorage {
  /**
   * Element type of the weights of products and of the word embeddings; all others are small, and f32.
   *
   * @default "f32"
   */
  dtype?: WeightDtype;
  /** Bytes of the largest buffer into which tables of words are cut, and weights joined. @default Infinity */
  largest?: number;
}

/** Parameters of a model: declared first, so that their size is known before GPU memory is allocated, then loaded. */
export class ParameterSet {
  readonly #parameters: Parameter[] = [];
  readonly #dtype: WeightDtype;
  /** Elements of the largest weight of products into which others are joined. */
  readonly #most: number;
  #gpu: Gpu | null = null;

  constructor({ dtype = "f32", largest = Infinity }: WeightStorage = {}) {
    this.#dtype = dtype;
    this.#most = Math.floor(largest / (dtype === "f16" ? 2 : 4));
  }

  /** The declared parameters. */
  get all(): readonly Parameter[] {
    return this.#parameters;
  }

  /** Bytes of all parameters on the GPU. */
  get bytes(): number {
    return this.#parameters.reduce((sum, parameter) => sum + parameter.bytes, 0);
  }

  /** Names and shapes of the checkpoint's tensors, in the order in which they were declared. */
  *shapes(): Generator<[name: string, shape: readonly number[]]> {
    for (const { name, shape, rows } of this.#parameters.flatMap(({ parts }) => parts)) {
      if (rows === undefined || rows.begin === 0) yield [name, shape];
    }
  }

  /** Declares a vector such as a bias, padded to its pitch. */
  vector(name: string, length: number): Parameter {
    return this.declare(name, [1, length], [{ name, shape: [length], offset: 0, rowStride: 0, columnStride: 1 }]);
  }

  /** Declares a table whose rows are looked up, `[rows, columns]` as in the checkpoint. */
  table(name: string, rows: number, columns: number): Parameter {
    return this.declare(name, [rows, columns], [tablePart(name, rows, columns)]);
  }

  /**
   * Declares a table of words, which may be a weight of products too: one matrix, or several with a slice of the rows
   * each, of which all but the last have a multiple of 4.
   */
  words(name: string, rows: number, columns: number): Parameter[] {
    const slices = rowSlices(rows, this.#most / pitch(columns));
    if (slices.length === 1) return [this.weight(name, [rows, columns], [tablePart(name, rows, columns)])];
    return slices.map(({ begin, end }) =>
      this.weight(`${name}[${begin}:${end}]`, [end - begin, columns], [{
        ...tablePart(name, rows, columns),
        rows: { begin, end },
      }])
    );
  }

  /** Whether one buffer holds a weight of products of this shape. */
  fits([rows, columns]: readonly [rows: number, columns: number]): boolean {
    return rows * pitch(columns) <= this.#most;
  }

  /** Declares a linear layer's weight: `[outputs, inputs]` in the checkpoint, `[inputs, outputs]` on the GPU. */
  transposed(name: string, outputs: number, inputs: number): Parameter {
    const part = { name, shape: [outputs, inputs], offset: 0, rowStride: 1, columnStride: pitch(outputs) };
    return this.weight(name, [inputs, outputs], [part]);
  }

  /** Declares a matrix of several parts that only products read, as their second matrix. */
  weight(label: string, shape: readonly number[], parts: readonly Placement[]): Parameter {
    return this.#add(new Parameter(label, shape, parts, this.#dtype));
  }

  /** Declares a matrix of several parts. */
  declare(label: string, shape: readonly number[], parts: readonly Placement[]): Parameter {
    return this.#add(new Parameter(label, shape, parts));
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

  /**
   * Uploads all parameters, a bounded part of them at once, and waits for the device's errors of memory; on an error none
   * stays on the GPU. The event loop runs meanwhile, and an abort is obeyed.
   */
  async load(gpu: Gpu, source: ElementSource, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.checkFits(gpu);
    this.#gpu = gpu;
    const once = askedOnce(source);
    const uploader = new Uploader(gpu, this.#parameters);
    const next = (tiles: Iterator<number, void>) => gpu.scoped("load a model to the GPU", () => tiles.next());
    let read = 0;
    try {
      for (const parameter of this.#parameters) {
        signal?.throwIfAborted();
        const tiles = fill(parameter, { gpu, uploader, source: once });
        for (let tile = await next(tiles); !tile.done; tile = await next(tiles)) {
          read += tile.value;
          if (read < TURN) continue;
          read = 0;
          await tick();
          signal?.throwIfAborted();
        }
      }
    } catch (error) {
      this.dispose();
      gpu.buffers.trim(); // A buffer that is not valid must not be lent again.
      throw error;
    }
  }

  /** Checks weights before any is written over. @throws {RangeError} If one that is kept in 16 bits is beyond them. */
  checkHalves(source: { get(name: string): Float32Array }): void {
    const halves = this.#parameters.filter(({ dtype }) => dtype === "f16");
    const names = new Set(halves.flatMap(({ parts }) => parts.map(({ name }) => name)));
    for (const name of names) checkHalf(name, source.get(name));
  }

  /** Writes over all parameters on the GPU, which must not be in use. */
  write(source: ElementSource): void {
    const gpu = this.#gpu;
    if (gpu === null) throw new Error("Cannot write weights: they are not on the GPU");
    const once = askedOnce(source);
    const uploader = new Uploader(gpu, this.#parameters);
    for (const parameter of this.#parameters) {
      uploader.upload(parameter, parameter.parts.map(({ name }) => once.get(name))).forEach(() => {});
      gpu.versions.changed(parameter.buffer);
    }
  }

  #add(parameter: Parameter): Parameter {
    this.#parameters.push(parameter);
    return parameter;
  }

  /** Frees the GPU memory. */
  dispose(): void {
    for (const parameter of this.#parameters) {
      if (!parameter.loaded) continue;
      this.#gpu?.textures.forget(parameter.buffer);
      this.#gpu?.buffers.release(parameter.buffer);
      parameter.buffer = null;
    }
    this.#gpu = null;
  }
}

/** Makes the buffer of a parameter, and fills it tile by tile. */
function* fill(
  parameter: Parameter,
  { gpu, uploader, source }: { gpu: Gpu; uploader: Uploader; source: ElementSource },
): Generator<number, void> {
  const tensors = parameter.parts.map(({ name }) => source.get(name));
  parameter.buffer = gpu.buffers.acquire(parameter.bytes, parameter.label);
  yield* uploader.upload(parameter, tensors);
}

/** A source that is asked once for a tensor of which several parameters in a row have slices. */
function askedOnce(source: ElementSource): ElementSource {
  let last: { name: string; tensor: Elements } | null = null;
  return {
    get(name) {
      if (last?.name !== name) last = { name, tensor: source.get(name) };
      return last.tensor;
    },
  };
}

function tablePart(name: string, rows: number, columns: number): Placement {
  return { name, shape: [rows, columns], offset: 0, rowStride: pitch(columns), columnStride: 1 };
}
