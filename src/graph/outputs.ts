/** Where a program's results lie in a staging buffer, and how they come out of it. */

import { pitch } from "../kernels/kernel.ts";
import type { Graph, Value } from "./graph.ts";
import { bytesOf, dimsOf, rowsOf, type Sizes } from "./shape.ts";

/** A result on the CPU, without row padding. */
export interface RunOutput {
  data: Float32Array | Uint32Array;
  dims: number[];
}

/** Where each output lies in the staging buffer. */
export interface OutputPlaces {
  places: { name: string; value: Value; offset: number; bytes: number }[];
  bytes: number;
}

/** Lays the outputs of a call one behind the other. */
export function placeOutputs(graph: Graph, sizes: Sizes): OutputPlaces {
  let end = 0;
  const places = [...graph.outputs].map(([name, value]) => {
    const bytes = bytesOf(value.shape, value.layout, sizes);
    const offset = end;
    end += Math.ceil(bytes / 16) * 16;
    return { name, value, offset, bytes };
  });
  return { places, bytes: end };
}

/** Copies an output out of the staging bytes, leaving the padding of its rows behind. */
export function compact(value: Value, sizes: Sizes, bytes: ArrayBuffer, offset: number): RunOutput {
  const dims = dimsOf(value.shape, sizes);
  const columns = dims.at(-1) ?? 1;
  const stride = value.layout === "pitched" ? pitch(columns) : columns;
  const rows = rowsOf(value.shape, sizes);
  const Array_ = value.dtype === "u32" ? Uint32Array : Float32Array;
  const all = new Array_(bytes, offset, rows * stride);
  if (stride === columns) return { data: all.slice(), dims };
  const data = new Array_(rows * columns);
  for (let r = 0; r < rows; r++) data.set(all.subarray(r * stride, r * stride + columns), r * columns);
  return { data, dims };
}
