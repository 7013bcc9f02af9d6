/** Data for kernels that must keep every bit. */

import { random } from "./data.ts";

/** `count` words of pseudo-random bits; as floats, one in 128 is a NaN or an infinity, one in 128 subnormal. */
export function bits(count: number): Uint32Array<ArrayBuffer> {
  const next = random(count + 1);
  return new Uint32Array(count).map(() => (next() + 1) * 2 ** 31);
}

/** The bits of f32 numbers. */
export function bitsOf(data: Float32Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(Float32Array.from(data).buffer);
}
