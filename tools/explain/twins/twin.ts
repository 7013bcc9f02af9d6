/** The twin of a kernel in a replay: computes what a call must have written from what it read. */

import type { Constants, Params } from "../../../src/kernels/kernel.ts";
import type { Expected } from "../../../tests/conformance/conformance.ts";

/** What a kernel call read. Numbers lie as on the GPU, row padding included; 16-bit weights are converted to f32. */
export interface TwinCall {
  readonly constants: Constants;
  readonly params: Params;
  /** Contents of the bindings that it reads or updates, as they were before it ran. */
  readonly read: Readonly<Record<string, Float32Array | Uint32Array>>;
}

/**
 * Computes a kernel call in float64. Returns what each binding that the kernel writes must hold, by name, with a bound
 * of the error. Elements that the kernel does not write are left out.
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
