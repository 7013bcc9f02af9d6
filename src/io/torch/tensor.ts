/** The tensors of a PyTorch file. */

import { type Dtype, type DtypeArray, viewAs } from "../../base/dtype.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import type { TensorView } from "../safetensors/file.ts";
import { gather } from "./gather.ts";
import { byteCount, isContiguous, itemBytes, type StridedLayout } from "./layout.ts";

/**
 * Bytes of a tensor that does not lie row-major that are brought in order at once. A tensor is read piece by piece, and a
 * piece of it may be scattered over all of its storage.
 */
const BAND = 1 << 25;

/** A tensor of a PyTorch file. Its elements are read when they are asked for. */
export class TorchTensor implements TensorView {
  /** Element type. */
  readonly dtype: Dtype;
  /** Dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  readonly #file: FileBytes;
  readonly #layout: StridedLayout;
  readonly #size: number;
  readonly #contiguous: boolean;
  /** Bytes that were brought in order, and the place of the first; kept until the last of the tensor are read. */
  #band: { readonly begin: number; readonly bytes: Uint8Array } | undefined;
  #data: DtypeArray | undefined;

  /**
   * A tensor of an open file; {@linkcode readTorchCheckpoint} makes all of a file's.
   *
   * @param layout Where its elements lie, all of them inside the file.
   */
  constructor(file: FileBytes, layout: StridedLayout) {
    this.dtype = layout.dtype;
    this.shape = layout.shape;
    this.#file = file;
    this.#layout = layout;
    this.#size = byteCount(layout);
    this.#contiguous = isContiguous(layout);
  }

  /** The tensor's bytes, row-major: a view of a file in memory, or new memory. */
  get bytes(): Uint8Array {
    if (this.#contiguous) return this.read(0, this.#size);
    const into = new Uint8Array(this.#size);
    this.#gather(0, this.#size, into);
    return into;
  }

  /** The elements: a view of a file in memory if they lie aligned and row-major there, or else a copy, made once. */
  get data(): DtypeArray {
    return this.#data ??= viewAs(this.dtype, this.bytes);
  }

  /**
   * Its bytes from `begin` to `end`, counted from its first, row-major.
   *
   * @param into Memory of that many bytes to read into, which may be ignored. Default: new memory.
   * @throws {CheckpointError} If the file has changed since it was opened.
   */
  read(begin: number, end: number, into?: Uint8Array): Uint8Array {
    const start = this.#layout.begin;
    if (this.#contiguous) return this.#file.read(start + begin, start + end, into);
    const band = this.#bandOf(begin, end);
    if (end === this.#size) this.#band = undefined;
    return band.bytes.subarray(begin - band.begin, end - band.begin);
  }

  /** A band that has these bytes. */
  #bandOf(begin: number, end: number) {
    const band = this.#band;
    if (band !== undefined && begin >= band.begin && end <= band.begin + band.bytes.length) return band;
    const item = itemBytes(this.dtype);
    const first = begin - begin % item;
    const last = Math.min(this.#size, Math.max(first + BAND, Math.ceil(end / item) * item));
    const bytes = new Uint8Array(last - first);
    this.#gather(first, last, bytes);
    return this.#band = { begin: first, bytes };
  }

  #gather(begin: number, end: number, into: Uint8Array): void {
    const item = itemBytes(this.dtype);
    gather(this.#file, this.#layout, { begin: begin / item, end: end / item, into });
  }
}
