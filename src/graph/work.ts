/** How much work a step of a call is, for profiles: operations, bytes, and what it belongs to. */

import type { KernelWork } from "../gpu/profiling/kernel_store.ts";
import type { Params } from "../kernels/kernel.ts";
import type { Step } from "./program/steps.ts";
import type { InputData } from "./program/upload.ts";
import { bytesOf, type Scalars } from "./shape.ts";
import type { Value } from "./value.ts";

/** What a call is given. */
interface CallData {
  readonly scalars: Scalars;
  readonly inputs: Readonly<Record<string, InputData>>;
}

/** The work of a step. */
export function workOf({ node, kernel, constants, params }: Step, call: CallData): KernelWork {
  const words = (binding: string) => uploaded(node.bindings[binding] as Value, call.inputs);
  return {
    kernel: kernel.name,
    shape: shapeOf(params),
    part: node.part,
    operations: kernel.work.operations?.(params, constants, words) ?? 0,
    bytes: movedBytes({ node, kernel, params }, call.scalars),
    sizes: params,
  };
}

/** Bytes read and written. What stands for an optional tensor that is left out is bound twice, and counts once. */
function movedBytes({ node, kernel, params }: Pick<Step, "node" | "kernel" | "params">, scalars: Scalars): number {
  const touched = kernel.work.touched?.(params) ?? {};
  const seen = new Set<Value>();
  let bytes = 0;
  for (const name of kernel.bindingNames) {
    const value = node.bindings[name] as Value;
    if (seen.has(value)) continue;
    seen.add(value);
    const elements = touched[name];
    const size = value.dtype === "f16" ? 2 : 4;
    const once = elements === undefined
      ? bytesOf(value.shape, value.layout, scalars) * size / 4
      : Math.min(elements * size, bytesOf(value.shape, value.layout, scalars) * size / 4);
    bytes += kernel.bindings[name] === "update" ? 2 * once : once;
  }
  return bytes;
}

/** The contents of a value that the call uploads; nothing of any other. */
function uploaded({ storage }: Value, inputs: Readonly<Record<string, InputData>>): Uint32Array {
  const data = storage.kind === "upload" ? storage.data ?? inputs[storage.name] : undefined;
  return data instanceof Uint32Array ? data : new Uint32Array();
}

/** The fields of uniform structs that are sizes of a shape, in the order of their names in it. */
const SHAPES = [
  ["m", "n", "k", "batch"],
  ["heads", "head_size"],
  ["rows", "columns"],
  ["segments", "columns"],
  ["count"],
] as const;

/** Sizes that differ from call to call: their next power of two stands for them. */
const VARYING: readonly string[] = ["m", "rows", "segments", "count"];

/** The shape of a call, such as `≤128 x 768 x 256`. Calls of one kernel and shape take about as long. */
function shapeOf(params: Params): string {
  const fields = SHAPES.find((fields) => fields.every((field) => params[field] !== undefined)) ?? [];
  const sizes = fields.filter((field) => field !== "batch" || params.batch !== 1).map((field) => {
    const size = params[field] as number;
    return VARYING.includes(field) ? `≤${2 ** Math.ceil(Math.log2(Math.max(1, size)))}` : `${size}`;
  });
  return sizes.join(" x ");
}
