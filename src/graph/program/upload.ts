/** Everything a call sends to the GPU, in one buffer and one write: each kernel's sizes, then each input tensor. */

import type { Params } from "../../kernels/kernel.ts";
import type { Graph } from "../graph.ts";
import { bytesOf, dimsOf, type Scalars } from "../shape.ts";
import type { Node, Value } from "../value.ts";

/** Offsets of one program's uploads at one capacity. */
export interface UploadLayout {
  /** Byte offset of each node's uniform struct. */
  readonly paramOffsets: readonly number[];
  /** Byte offset and capacity in bytes of each input. */
  readonly inputs: ReadonlyMap<Value, { readonly offset: number; readonly bytes: number }>;
  /** Bytes of all. */
  readonly bytes: number;
}

/** What a run gives for an input: 32-bit elements, as many as its shape has in that call. */
export type InputData = Float32Array | Uint32Array;

/** Lays out uniform structs and inputs on the device's alignments. */
export function layoutUploads(graph: Graph, capacities: Scalars, limits: GPUSupportedLimits): UploadLayout {
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

/** Writes the inputs that are the same in every call. */
export function fillConstants({ inputs }: UploadLayout, target: ArrayBuffer): void {
  for (const [{ storage }, { offset }] of inputs) {
    if (storage.kind === "upload" && storage.data !== undefined) copyInto(target, offset, storage.data);
  }
}

/** Writes the uniform struct of each node. */
export function fillParams(
  { paramOffsets }: UploadLayout,
  target: ArrayBuffer,
  steps: readonly { readonly node: Node; readonly params: Params }[],
): void {
  const view = new DataView(target);
  steps.forEach(({ node, params }, i) => node.kernel.writeParams(view, paramOffsets[i] as number, params));
}

/**
 * Writes a call's inputs into `target`, behind the uniform structs, and returns how many bytes of it count.
 *
 * @throws {Error} If an input is missing, or has another size than its shape in this call.
 */
export function fillInputs(
  graph: Graph,
  layout: UploadLayout,
  target: ArrayBuffer,
  { scalars, inputs }: { scalars: Scalars; inputs: Readonly<Record<string, InputData>> },
): number {
  let end = (layout.paramOffsets.at(-1) ?? 0) + (graph.nodes.at(-1)?.kernel.paramBytes ?? 0);
  for (const [name, value] of graph.inputs) {
    const constant = value.storage.kind === "upload" ? value.storage.data : undefined;
    const data = constant ?? inputs[name];
    if (data === undefined) throw new Error(`Cannot run the program: input "${name}" is missing`);
    const expected = bytesOf(value.shape, value.layout, scalars);
    if (data.byteLength !== expected) {
      const dims = dimsOf(value.shape, scalars).join(", ");
      throw new Error(
        `Cannot run the program: input "${name}" [${dims}] needs ${expected} bytes, got ${data.byteLength}`,
      );
    }
    const { offset } = layout.inputs.get(value) as { offset: number };
    if (constant === undefined) copyInto(target, offset, data);
    end = Math.max(end, offset + data.byteLength);
  }
  return Math.ceil(end / 4) * 4;
}

function copyInto(target: ArrayBuffer, offset: number, data: InputData): void {
  const Array_ = data instanceof Float32Array ? Float32Array : Uint32Array;
  new Array_(target, offset, data.length).set(data);
}
