/** What the twin of a kernel is to a replay: from what one call read, all that it must have written. */

import type { Constants, Params } from "../../../src/kernels/kernel.ts";
import type { Expected } from "../../../tests/conformance/conformance.ts";

/** What a kernel call read: numbers as they lie on the GPU, 16-bit weights as what they stand for. */
export interface TwinCall {
  readonly constants: Constants;
  readonly params: Params;
  /** Contents of the bindings that it reads or updates, as they were before it ran. */
  readonly read: Readonly<Record<string, Float32Array | Uint32Array>>;
}

/**
 * Computes a kernel call in float64. Gives what each binding that the kernel writes must hold, by name, with a bound of
 * the error; elements that it leaves as they are do not count.
 */
export type Twin = (call: TwinCall) => Readonly<Record<string, Expected>>;

/** A param. @throws {Error} If there is none of that name. */
export function param({ params }: TwinCall, name: string): number {
  const value = params[name];
  if (value === undefined) throw new Error(`Cannot replay a kernel call: it has no param "${name}"`);
  return value;
}

/** What a binding holds, as f32. @throws {Error} If the call does not read it. */
export function floats({ read }: TwinCall, binding: string): Float32Array {
  const data = read[binding];
  if (data === undefined) throw new Error(`Cannot replay a kernel call: it does not read "${binding}"`);
  return data instanceof Float32Array ? data : new Float32Array(data.buffer, data.byteOffset, data.length);
}

/** What a binding holds, as u32 or as the bits of f32. @throws {Error} If the call does not read it. */
export function words({ read }: TwinCall, binding: string): Uint32Array {
  const data = read[binding];
  if (data === undefined) throw new Error(`Cannot replay a kernel call: it does not read "${binding}"`);
  return data instanceof Uint32Array ? data : new Uint32Array(data.buffer, data.byteOffset, data.length);
}
