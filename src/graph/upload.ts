/** Everything a call sends to the GPU, in one buffer and one write: each kernel's sizes, then each input tensor. */

import type { Params } from "../kernels/kernel.ts";
import type { Graph, Value } from "./graph.ts";
import { bytesOf, dimsOf, type Sizes } from "./shape.ts";

/** Offsets of one program's uploads at one capacity. */
export interface UploadLayout {
  /** Byte offset of each node's uniform struct. */
  readonly paramOffsets: readonly number[];
  /** Byte offset and capacity in bytes of each input. */
  readonly inputs: ReadonlyMap<Value, { offset: number; bytes: number }>;
  /** Bytes of all. */
  readonly bytes: number;
}

/** What a run gives for an input: 32-bit elements, as many as its shape has in that call. */
export type InputData = Float32Array | Uint32Array;

/** Lays out uniform structs and inputs on the device's alignments. */
export function layoutUploads(graph: Graph, capacities: Sizes, limits: GPUSupportedLimits): UploadLayout {
  const { minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment } = limits;
  const align = Math.max(minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment);
  let bytes = 0;
  const take = (count: number): number => {
    const offset = bytes;
    bytes = Math.ceil((bytes + Math.max(16, count)) / align) * align;
    return offset;
  };
  const paramOffsets = graph.nodes.map((node) => take(node.kernel.paramBytes));
  const inputs = new Map<Value, { offset: number; bytes: number }>();
  for (const value of graph.inputs.values()) {
    const count = Math.ceil(Math.max(16, bytesOf(value.shape, value.layout, capacities)) / 16) * 16;
    inputs.set(value, { offset: take(count), bytes: count });
  }
  return { paramOffsets, inputs, bytes };
}

/** Writes a call's sizes and inputs into `target` and returns how many bytes of it count. */
export function fillUploads(
  graph: Graph,
  layout: UploadLayout,
  target: ArrayBuffer,
  { sizes, params, inputs }: {
    sizes: Sizes;
    /** Each node's fields for these sizes. */
    params: readonly Params[];
    inputs: Readonly<Record<string, InputData>>;
  },
): number {
  const view = new DataView(target);
  graph.nodes.forEach((node, i) => {
    node.kernel.writeParams(view, layout.paramOffsets[i] as number, params[i] as Params);
  });
  let end = layout.paramOffsets.length === 0
    ? 0
    : (layout.paramOffsets.at(-1) as number) + (graph.nodes.at(-1)?.kernel.paramBytes ?? 0);
  for (const [name, value] of graph.inputs) {
    const data = inputs[name];
    if (data === undefined) throw new Error(`Cannot run the program: input "${name}" is missing`);
    const expected = bytesOf(value.shape, value.layout, sizes);
    if (data.byteLength !== expected) {
      const dims = dimsOf(value.shape, sizes).join(", ");
      throw new Error(
        `Cannot run the program: input "${name}" [${dims}] needs ${expected} bytes, got ${data.byteLength}`,
      );
    }
    const { offset } = layout.inputs.get(value) as { offset: number };
    new Uint8Array(target, offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    end = Math.max(end, offset + data.byteLength);
  }
  return Math.ceil(end / 4) * 4;
}
