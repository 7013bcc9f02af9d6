/**
 * What a call uploads, in one write: each kernel's uniform struct, unless it has not changed, then each input tensor.
 */

import type { Params } from "../../kernels/kernel.ts";
import type { Graph } from "../graph.ts";
import { bytesOf, dimsOf, type Scalars } from "../shape.ts";
import type { Node, Value } from "../value.ts";
import type { BytesOf } from "./memory_plan.ts";

/** Offsets of one program's uploads at one capacity. */
export interface UploadLayout {
  /** Byte offset of each node's uniform struct. */
  readonly paramOffsets: readonly number[];
  /** Byte offset at which inputs begin. */
  readonly inputsAt: number;
  /** Byte offset and capacity in bytes of each input. */
  readonly inputs: ReadonlyMap<Value, { readonly offset: number; readonly bytes: number }>;
  /** Bytes of all of it. */
  readonly bytes: number;
}

/** The data of an input: 32-bit elements, as many as its shape has in that call. */
export type InputData = Float32Array | Uint32Array;

/** Lays out uniform structs and inputs on the device's alignments. */
export function layoutUploads(graph: Graph, capacityOf: BytesOf, limits: GPUSupportedLimits): UploadLayout {
  const { minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment } = limits;
  const align = Math.max(minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment);
  let bytes = 0;
  const take = (count: number): number => {
    const offset = bytes;
    bytes = Math.ceil((bytes + Math.max(16, count)) / align) * align;
    return offset;
  };
  const paramOffsets = graph.nodes.map((node) => take(node.kernel.paramBytes));
  const inputsAt = bytes;
  const inputs = new Map<Value, { offset: number; bytes: number }>();
  for (const value of graph.inputs.values()) {
    const count = Math.ceil(Math.max(16, capacityOf(value)) / 16) * 16;
    inputs.set(value, { offset: take(count), bytes: count });
  }
  return { paramOffsets, inputsAt, inputs, bytes };
}

/** The CPU copy of an upload buffer. */
export interface UploadMemory {
  readonly bytes: ArrayBuffer;
  /** Two views of it. */
  readonly floats: Float32Array;
  readonly words: Uint32Array;
}

/** Allocates the CPU copy of a layout, and writes the constants to it. */
export function uploadMemory({ inputs, bytes: size }: UploadLayout): UploadMemory {
  const bytes = new ArrayBuffer(size);
  const [floats, words] = [new Float32Array(bytes), new Uint32Array(bytes)];
  for (const [{ storage }, { offset }] of inputs) {
    if (storage.kind !== "upload" || storage.data === undefined) continue;
    if (storage.data instanceof Float32Array) floats.set(storage.data, offset / 4);
    else words.set(storage.data, offset / 4);
  }
  return { bytes, floats, words };
}

/** Writes the uniform struct of each node. */
export function fillParams(
  { paramOffsets }: UploadLayout,
  { bytes }: UploadMemory,
  steps: readonly { readonly node: Node; readonly params: Params }[],
): void {
  const view = new DataView(bytes);
  steps.forEach(({ node, params }, i) => node.kernel.writeParams(view, paramOffsets[i] as number, params));
}

/** An input in a call. */
export interface PlacedInput {
  readonly name: string;
  readonly value: Value;
  /** Place in the upload in 32-bit words, and size in bytes. */
  readonly word: number;
  readonly bytes: number;
}

/** Where the inputs of a call lie, without the constants, and where the last input or constant ends. */
export interface PlacedInputs {
  readonly inputs: readonly PlacedInput[];
  /** In bytes, a multiple of 4. */
  readonly end: number;
}

/** Computes where each input of a call lies. */
export function placeInputs(graph: Graph, { inputs, inputsAt }: UploadLayout, scalars: Scalars): PlacedInputs {
  let end = inputsAt;
  const placed: PlacedInput[] = [];
  for (const [name, value] of graph.inputs) {
    const bytes = bytesOf(value.shape, value.layout, scalars);
    const { offset } = inputs.get(value) as { offset: number };
    end = Math.max(end, offset + bytes);
    if (!isConstant(value)) placed.push({ name, value, word: offset / 4, bytes });
  }
  return { inputs: placed, end };
}

/**
 * Checks a call's inputs.
 *
 * @throws {Error} If an input is missing, or has another size than its shape in this call.
 */
export function checkInputs(
  { inputs: places }: PlacedInputs,
  { scalars, inputs }: { scalars: Scalars; inputs: Readonly<Record<string, InputData>> },
): void {
  for (const { name, value, bytes } of places) {
    const data = inputs[name];
    if (data === undefined) throw new Error(`Cannot run the program: input "${name}" is missing`);
    if (data.byteLength !== bytes) {
      const dims = dimsOf(value.shape, scalars).join(", ");
      throw new Error(`Cannot run the program: input "${name}" [${dims}] needs ${bytes} bytes, got ${data.byteLength}`);
    }
  }
}

/** Writes a call's inputs, which were checked, to their places. */
export function fillInputs(
  { inputs: places }: PlacedInputs,
  { floats, words }: UploadMemory,
  { inputs }: { inputs: Readonly<Record<string, InputData>> },
): void {
  for (const { name, word } of places) {
    const data = inputs[name] as InputData;
    // A view of the same type copies the bits.
    if (data instanceof Float32Array) floats.set(data, word);
    else words.set(data, word);
  }
}

function isConstant({ storage }: Value): boolean {
  return storage.kind === "upload" && storage.data !== undefined;
}
