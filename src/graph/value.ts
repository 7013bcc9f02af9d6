/** The tensors of a graph, and the kernel calls that write them. */

import type { Kernel, Params, Variant } from "../kernels/kernel.ts";
import type { Dim, Layout, Scalars } from "./shape.ts";

/** A buffer of weights, owned by a model; it is there by the time a program runs. */
export interface ParameterBuffer {
  readonly label: string;
  /** Physical shape, rows pitched. */
  readonly shape: readonly number[];
  /** Element type; only the second matrix of products and word embeddings may be f16. */
  readonly dtype: "f32" | "f16";
  /** The GPU buffer. */
  readonly buffer: GPUBuffer;
}

/** Where a tensor lives. All versions of a value share one storage object. */
export type Storage =
  /** Sent by every call, from its inputs or from `data` that is always the same. */
  | { readonly kind: "upload"; readonly name: string; readonly data?: Float32Array | Uint32Array }
  /** A GPU buffer that every call binds: kept contexts, moments of an optimizer, sums of gradients. */
  | { readonly kind: "resident"; readonly name: string }
  /** A model's weights. */
  | { readonly kind: "parameter"; readonly parameter: ParameterBuffer }
  /** A buffer of the memory plan's. */
  | { readonly kind: "planned" };

/** Element types; f16 for parameters alone. */
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
  /** How often its storage was updated in place before: only the last version may be read. */
  readonly version: number;
  /** The kernel call that wrote this version; null if it was there before. */
  readonly node: Node | null;
}

/** One kernel call of a graph. */
export interface Node {
  /** Unique in the graph. */
  readonly label: string;
  /** The contract that all variants share: names, bindings and params. */
  readonly kernel: Kernel;
  /** The values bound to the kernel's bindings: what is read, and what has been written when the call is done. */
  readonly bindings: Readonly<Record<string, Value>>;
  /** What the kernel updates in place, as it was before the call. */
  readonly updates: readonly Value[];
  /** What {@linkcode Node.pick} chooses among. */
  readonly variants: readonly Variant[];
  /** The uniform struct's fields for a call's scalars. */
  params(scalars: Scalars): Params;
  /** Index of the variant for those. */
  pick(params: Params): number;
  /** Estimated cost besides that of a dispatch (see cost.ts); null to estimate it by the elements written. */
  readonly cost: ((scalars: Scalars) => number) | null;
}

/** The values that a node writes, updated ones among them. */
export function outputsOf(node: Node): Value[] {
  return bound(node, (access) => access === "write" || access === "update");
}

/** The values that a node reads, those that it updates among them. */
export function inputsOf(node: Node): Value[] {
  return [...bound(node, (access) => access === "read" || access === "texture"), ...node.updates];
}

function bound({ kernel, bindings }: Node, which: (access: string | undefined) => boolean): Value[] {
  return kernel.bindingNames.filter((name) => which(kernel.bindings[name])).map((name) => bindings[name] as Value);
}
