/** How a tensor lies in a file: where its first element is, and how far apart the others are. */

import { type Dtype, DTYPES } from "../../base/dtype.ts";
import { elementCount } from "../../base/shape.ts";

/** The place of a tensor's elements, all of which are inside its storage. */
export interface StridedLayout {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** For each dimension, the elements from one index to the next. 0 repeats. */
  readonly strides: readonly number[];
  /** The byte of the file where the first element is. */
  readonly begin: number;
}

/** Bytes of an element. */
export function itemBytes(dtype: Dtype): number {
  return DTYPES[dtype].bits / 8;
}

/** Bytes of all elements, row-major. */
export function byteCount({ dtype, shape }: Pick<StridedLayout, "dtype" | "shape">): number {
  return elementCount(shape) * itemBytes(dtype);
}

/** Whether the elements lie in the file as they come out: row-major, one after the other. */
export function isContiguous({ shape, strides }: StridedLayout): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 1) continue;
    if (strides[i] !== expected) return false;
    expected *= shape[i] as number;
  }
  return true;
}
