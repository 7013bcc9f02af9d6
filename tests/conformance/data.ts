/** Data for conformance cases: the same on every run, in the layout that kernels expect. */

import { pitch } from "../../src/kernels/kernel.ts";

/** A generator of pseudo-random numbers, uniform in [-1, 1): mulberry32 (public domain, Tommy Ettinger). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

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
