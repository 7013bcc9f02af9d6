/** The tensors of a graph, and the kernel calls that write them. */

import type { Kernel, Params, Variant } from "../kernels/kernel.ts";
import type { Dim, Layout, Scalars } from "./shape.ts";

/** A buffer of weights, owned by a model. It is allocated before a program runs. */
export interface ParameterBuffer {
  readonly label: string;
  /** Shape as stored, without the padding of its rows to their pitch. */
  readonly shape: readonly number[];
  /** Element type. Only the second matrix of a product, and word embeddings, may be f16. */
  readonly dtype: "f32" | "f16";
  /** The GPU buffer. */
  readonly buffer: GPUBuffer;
}

/** Where a tensor lives. All versions of a value share one storage object. */
export type Storage =
  /** Uploaded: from a call's inputs, or from constant `data`. */
  | { readonly kind: "upload"; readonly name: string; readonly data?: Float32Array | Uint32Array }
  /** A GPU buffer that every call binds: kept contexts, moments of an optimizer, sums of gradients. */
  | { readonly kind: "resident"; readonly name: string }
  /** A model's weights. */
  | { readonly kind: "parameter"; readonly parameter: ParameterBuffer }
  /** A buffer that the memory plan assigns. */
  | { readonly kind: "planned" };

/** Element types; only parameters may be f16. */
export type Dtype = "f32" | "u32" | "f16";

/** What ops must know of a value. */
export interface Type {
  readonly shape: readonly Dim[];
  readonly dtype: Dtype;
  readonly layout: Layout;
}

/** A tensor of a graph. */
export interface Value extends Type {
  /** Names it in its graph: `encoder.layer.0/intermediate.out`, or an input's or weight's name. Versions share it. */
  readonly path: string;
  readonly storage: Storage;
  /** How often its storage was updated in place before. Only the last version may be read. */
  readonly version: number;
  /** The kernel call that wrote this version; null if it was there before. */
  readonly node: Node | null;
}

/** One kernel call of a graph. */
export interface Node {
  /** Unique in the graph. */
  readonly label: string;
  /** The part of the computation that it belongs to, for profiles; null if none was named. */
  readonly part: string | null;
  /** The contract that all variants share: names, bindings and params. */
  readonly kernel: Kernel;
  /** The values of the kernel's bindings: what it reads, and what it has written when the call is done. */
  readonly bindings: Readonly<Record<string, Value>>;
  /** The versions before the call of what the kernel updates in place, or writes a part of. */
  readonly updates: readonly Value[];
  /** What {@linkcode Node.pick} chooses among. */
  readonly variants: readonly Variant[];
  /** The uniform struct's fields for a call's scalars. */
  params(scalars: Scalars): Params;
  /** Index of the variant for these params. */
  pick(params: Params): number;
  /** Estimated cost besides that of a dispatch (see cost.ts); null to estimate it by the elements written. */
  readonly cost: ((scalars: Scalars) => number) | null;
}

/** The values that a node writes, updated ones among them. */
export function outputsOf(node: Node): Value[] {
  return bound(node, (access) => access === "write" || access === "update");
}

/** The values that a node reads, and those that it updates or writes a part of, as they are before. */
export function inputsOf(node: Node): Value[] {
  return [...bound(node, (access) => access === "read" || access === "texture"), ...node.updates];
}

function bound({ kernel, bindings }: Node, which: (access: string | undefined) => boolean): Value[] {
  return kernel.bindingNames.filter((name) => which(kernel.bindings[name])).map((name) => bindings[name] as Value);
}
