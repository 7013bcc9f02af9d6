/** A kernel call as a graph takes it, and the contract that its variants must share. */

import type { Constants, Kernel, Params, Variant } from "../kernels/kernel.ts";
import type { Dim, Layout, Scalars } from "./shape.ts";
import type { Value } from "./value.ts";

/** What `Graph.call` takes. */
export interface KernelCall<F extends string, B extends string> {
  label: string;
  /** Values that the kernel reads. */
  inputs: Partial<Record<B, Value>>;
  /** Types of what it writes. */
  outputs?: Partial<Record<B, OutputSpec>>;
  /** Values that it updates in place; the call returns their next versions. */
  updates?: Partial<Record<B, Value>>;
  /** In place of `outputs`: values of which it writes a part. The rest stays in their next versions. */
  into?: Partial<Record<B, Value>>;
  params(scalars: Scalars): Params<F>;
  /** One set of constants, or several variants with a choice among them by the fields of the uniform struct. */
  constants?: Constants;
  variants?: { all: readonly Variant<F, B>[]; pick(params: Params<F>): number };
  /** Estimated cost (see cost.ts); by default that of writing its elements. */
  cost?(scalars: Scalars): number;
}

/** The type of a value that a kernel writes. */
export interface OutputSpec {
  shape: readonly Dim[];
  dtype?: "f32" | "u32";
  layout?: Layout;
}

/** Checks that variants have the same bindings and params, since the program runs any of them with the same ones. */
export function checkContract<F extends string, B extends string>(
  label: string,
  one: Kernel<F, B>,
  other: Kernel<F, B>,
): void {
  if (one === other) return;
  const contract = (kernel: Kernel<F, B>) =>
    JSON.stringify([
      kernel.bindingNames.map((name) => [name, isRead(kernel, name) || kernel.bindings[name]]),
      kernel.params,
    ]);
  if (contract(one) === contract(other)) return;
  throw new Error(`Cannot trace ${label}: kernels ${one.name} and ${other.name} differ in bindings or params`);
}

/** Whether a kernel only reads a binding, as a buffer or as a texture. */
export function isRead<F extends string, B extends string>({ bindings }: Kernel<F, B>, name: B): boolean {
  return bindings[name] === "read" || bindings[name] === "texture";
}
