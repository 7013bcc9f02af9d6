/** Where a program's results lie in a staging buffer, and how they are copied out of it. */

import { pitch } from "../../kernels/kernel.ts";
import { bytesOf, dimsOf, rowsOf, type Scalars } from "../shape.ts";
import { type Node, outputsOf, type Value } from "../value.ts";

/** A result on the CPU, without row padding. */
export interface RunOutput {
  data: Float32Array | Uint32Array;
  dims: number[];
}

/** A value's bytes in a staging buffer. */
export interface Place {
  readonly name: string;
  readonly value: Value;
  readonly offset: number;
  readonly bytes: number;
}

/** Values one behind the other in a staging buffer. */
export interface Places {
  readonly places: readonly Place[];
  /** The byte after the last. */
  readonly end: number;
}

/** Lays values of a call one behind the other, from byte `start` on. */
export function placeValues(values: Iterable<readonly [name: string, Value]>, scalars: Scalars, start = 0): Places {
  let end = start;
  const places = [...values].map(([name, value]) => {
    const bytes = bytesOf(value.shape, value.layout, scalars);
    const offset = end;
    end += stagingBytes(bytes);
    return { name, value, offset, bytes };
  });
  return { places, end };
}

/** Bytes from the start of a value to that of the next one in a staging buffer. */
export function stagingBytes(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** What a node writes, by the names under which it is recorded: `<label>.<binding>`. */
export function recordedValues(node: Node): [name: string, value: Value][] {
  const written = outputsOf(node);
  return Object.entries(node.bindings)
    .filter(([, value]) => written.includes(value))
    .map(([binding, value]) => [`${node.label}.${binding}`, value]);
}

/** The weights and residents that a node updates first in a call, as they were before it. */
export function replacedValues({ updates }: Node): [name: string, value: Value][] {
  return updates.filter(({ node }) => node === null).map((value) => [value.path, value]);
}

/** Copies a value out of staging bytes, the padding of its rows included. */
export function elementsOf({ value, offset, bytes }: Place, mapped: ArrayBuffer): Float32Array | Uint32Array {
  const Array_ = value.dtype === "u32" ? Uint32Array : Float32Array;
  return new Array_(mapped, offset, bytes / 4).slice();
}

/** Copies a value out of staging bytes, without the padding of its rows. */
export function compact(place: Place, scalars: Scalars, bytes: ArrayBuffer): RunOutput {
  const { value, offset } = place;
  const dims = dimsOf(value.shape, scalars);
  const columns = dims.at(-1) ?? 1;
  const stride = value.layout === "pitched" ? pitch(columns) : columns;
  if (stride === columns) return { data: elementsOf(place, bytes), dims };
  const rows = rowsOf(value.shape, scalars);
  const Array_ = value.dtype === "u32" ? Uint32Array : Float32Array;
  const all = new Array_(bytes, offset, rows * stride);
  const data = new Array_(rows * columns);
  for (let r = 0; r < rows; r++) data.set(all.subarray(r * stride, r * stride + columns), r * columns);
  return { data, dims };
}
