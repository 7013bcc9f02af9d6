/** Matrices on the GPU for small graphs: weights and residents, with rows pitched as kernels expect. */

import type { Gpu } from "../../src/gpu/device.ts";
import type { ParameterBuffer } from "../../src/graph/value.ts";
import { pitch } from "../../src/kernels/kernel.ts";

/** Row-major numbers without padding. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float64Array;
}

/** A matrix of f32 numbers. */
export function matrixOf(rows: number, columns: number, next: () => number): Matrix {
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => Math.fround(next())) };
}

/** The matrix with each row padded with zeros to a multiple of 4 columns. */
export function pitched({ rows, columns, data }: Matrix): Float32Array<ArrayBuffer> {
  const stride = pitch(columns);
  const padded = new Float32Array(rows * stride);
  for (let r = 0; r < rows; r++) padded.set(data.subarray(r * columns, (r + 1) * columns), r * stride);
  return padded;
}

/** A buffer of the pool that holds a matrix; the caller releases it. */
export function bufferOf({ buffers, device }: Gpu, matrix: Matrix, label = "matrix"): GPUBuffer {
  const data = pitched(matrix);
  const buffer = buffers.acquire(data.byteLength, label);
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** A weight that holds a matrix; the caller releases its buffer. */
export function parameterOf(gpu: Gpu, label: string, matrix: Matrix): ParameterBuffer {
  return { label, shape: [matrix.rows, matrix.columns], dtype: "f32", buffer: bufferOf(gpu, matrix, label) };
}

/** Gives the buffers of weights back, with the textures that were made of them. */
export function releaseAll({ buffers, textures }: Gpu, parameters: readonly ParameterBuffer[]): void {
  for (const { buffer } of parameters) {
    textures.forget(buffer);
    buffers.release(buffer);
  }
}

/** `a b` in float64. */
export function times(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.columns; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += a.data[i * a.columns + k]! * b.data[k * b.columns + j]!;
      data[i * b.columns + j] = sum;
    }
  }
  return { rows: a.rows, columns: b.columns, data };
}

/** The matrix with rows and columns exchanged. */
export function transposed({ rows, columns, data }: Matrix): Matrix {
  const at = (i: number) => (i % rows) * columns + Math.floor(i / rows);
  return { rows: columns, columns: rows, data: data.map((_, i) => data[at(i)]!) };
}

/** The largest difference of elements. */
export function worst(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(found[i]! - value)), 0);
}
