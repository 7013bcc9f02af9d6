/** The tensors of a safetensors file. */

import { type Dtype, type DtypeArray, viewAs } from "../../base/dtype.ts";
import type { FileBytes } from "../folder/file_bytes.ts";

/** One tensor, as a file holds it and as a writer takes it. */
export interface TensorView {
  /** Element type. */
  readonly dtype: Dtype;
  /** Dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The elements, row-major, in the typed array of `dtype`: see {@linkcode DtypeArrays}. */
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

/** A tensor of a file. Its elements are read when they are asked for. */
export class SafetensorsTensor implements TensorView {
  /** Element type. */
  readonly dtype: Dtype;
  /** Dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** Its first byte, counted from the end of the file's header. */
  readonly begin: number;
  /** One past its last byte. */
  readonly end: number;
  readonly #file: FileBytes;
  readonly #start: number;
  #data: DtypeArray | undefined;

  /**
   * A tensor of an open file; {@linkcode readSafetensors} makes all of a file's.
   *
   * @param dataStart The file's first byte after its header; the offsets of `entry` count from it.
   */
  constructor(file: FileBytes, dataStart: number, entry: TensorEntry) {
    this.dtype = entry.dtype;
    this.shape = entry.shape;
    this.begin = entry.begin;
    this.end = entry.end;
    this.#file = file;
    this.#start = dataStart + entry.begin;
  }

  /** The tensor's bytes: a view of a file in memory. */
  get bytes(): Uint8Array {
    return this.read(0, this.end - this.begin);
  }

  /**
   * Its bytes from `begin` to `end`, counted from its first.
   *
   * @param into Memory of that many bytes to read into; a file in memory ignores it. Default: new memory.
   * @throws {CheckpointError} If the file has changed since it was opened.
   */
  read(begin: number, end: number, into?: Uint8Array): Uint8Array {
    return this.#file.read(this.#start + begin, this.#start + end, into);
  }

  /** The elements: a view of a file in memory, or a copy, made once, if they are not aligned there. */
  get data(): DtypeArray {
    return this.#data ??= viewAs(this.dtype, this.bytes);
  }
}

/** The tensors of a file by name, in the order of its header, and the free text that its writer added. */
export class SafetensorsFile extends Map<string, SafetensorsTensor> {
  /** The header's `__metadata__`; empty if there is none. */
  metadata: Record<string, string> = {};
}
