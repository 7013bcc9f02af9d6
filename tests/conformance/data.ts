/** Data for conformance cases: the same on every run, in the layout that kernels expect. */

import { pitch } from "../../src/kernels/kernel.ts";

export { random } from "../../src/base/random.ts";

/** A `rows` x `columns` matrix of `next()`, row-major, each row padded with zeros to {@linkcode pitch}. */
export function matrix(rows: number, columns: number, next: () => number): Float32Array<ArrayBuffer> {
  const stride = pitch(columns);
  const values = new Float32Array(rows * stride);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) values[i * stride + j] = next();
  return values;
}

/** A vector of `length` numbers of `next()`, padded with zeros to {@linkcode pitch}. */
export function vector(length: number, next: () => number): Float32Array<ArrayBuffer> {
  return matrix(1, length, next);
}
