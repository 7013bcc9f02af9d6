/** A safetensors file in memory. */

import { type Dtype, type DtypeArray, viewAs } from "../base/dtype.ts";

/** One tensor, as a file holds it and as a writer takes it. */
export interface TensorView {
  /** Element type. */
  readonly dtype: Dtype;
  /** Dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The elements, row-major, in the typed array of `dtype`: see `DTYPES`. */
  readonly data: DtypeArray;
}

/** What a header says about one tensor. */
export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The tensor's first byte, counted from the end of the header. */
  readonly begin: number;
  /** One past its last byte. */
  readonly end: number;
}

/** A tensor of a file. Its elements stay where they are in the file's bytes until they are asked for. */
export class SafetensorsTensor implements TensorView, TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
  readonly #section: Uint8Array;
  #data: DtypeArray | undefined;

  /** @param section The bytes after the file's header, in which `entry` counts. */
  constructor(section: Uint8Array, entry: TensorEntry) {
    this.dtype = entry.dtype;
    this.shape = entry.shape;
    this.begin = entry.begin;
    this.end = entry.end;
    this.#section = section;
  }

  /** The tensor's bytes: a view of the file. */
  get bytes(): Uint8Array {
    return this.#section.subarray(this.begin, this.end);
  }

  /** The elements: a view of the file, or a copy, made once, where the file does not align them. */
  get data(): DtypeArray {
    return this.#data ??= viewAs(this.dtype, this.bytes);
  }
}

/** The tensors of a file by name, in the order of its header, and the free text that its writer added. */
export class SafetensorsFile extends Map<string, SafetensorsTensor> {
  /** The header's `__metadata__`; empty where there is none. */
  metadata: Record<string, string> = {};
}
