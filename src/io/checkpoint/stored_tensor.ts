/** Tensors as the files of a checkpoint hold them, whatever kind of file that is. */

import type { Dtype } from "../../base/dtype.ts";

/** A tensor in a file. Its elements are read when they are asked for. */
export interface StoredTensor {
  /** Element type. */
  readonly dtype: Dtype;
  /** Dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  /**
   * Bytes of its elements, row-major and little-endian, from `begin` to `end`, for reading only.
   *
   * @param into Memory of that many bytes to read into; a file in memory ignores it. Default: new memory.
   * @throws {CheckpointError} If the file has changed since it was opened.
   */
  read(begin: number, end: number, into?: Uint8Array): Uint8Array;
}
