/** Where a program's results lie in a staging buffer, and how they come out of it. */

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

/** Where each of some values lies in a staging buffer, one behind the other. */
export interface Places {
  readonly places: readonly Place[];
  /** The end of the last. */
  readonly end: number;
}

/** Lays values of a call one behind the other, from byte `start` on. */
export function placeValues(values: Iterable<readonly [name: string, Value]>, scalars: Scalars, start = 0): Places {
  let end = start;
  const places = [...values].map(([name, value]) => {
    const bytes = bytesOf(value.shape, value.layout, scalars);
    const offset = end;
    end += Math.ceil(bytes / 16) * 16;
    return { name, value, offset, bytes };
  });
  return { places, end };
}

/** What a node writes, by the names under which it is recorded: `<label>.<binding>`. */
export function recordedValues(node: Node): [name: string, value: Value][] {
  const written = outputsOf(node);
  return Object.entries(node.bindings)
    .filter(([, value]) => written.includes(value))
    .map(([binding, value]) => [`${node.label}.${binding}`, value]);
}

/** The values that a node writes over and that no node wrote: weights and residents, as they were before the call. */
export function replacedValues({ updates }: Node): [name: string, value: Value][] {
  return updates.filter(({ node }) => node === null).map((value) => [value.path, value]);
}

/** Copies a value out of staging bytes as it lies there, the padding of its rows included. */
export function elementsOf({ value, offset, bytes }: Place, mapped: ArrayBuffer): Float32Array | Uint32Array {
  const Array_ = value.dtype === "u32" ? Uint32Array : Float32Array;
  return new Array_(mapped, offset, bytes / 4).slice();
}

/** Copies a value out of staging bytes, leaving the padding of its rows behind. */
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
