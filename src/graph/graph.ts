/** A traced computation: values, and the kernel calls that make them, over symbolic sizes. */

import { type Constants, type Kernel, type Params, type Variant, variantOf } from "../kernels/kernel.ts";
import { defaultTuning } from "../kernels/tuning/shipped.ts";
import type { Tuning } from "../kernels/tuning/slots.ts";
import type { Dim, Layout, Sizes } from "./shape.ts";

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

/** A tensor of a graph. */
export interface Value {
  /** Unique label in its graph, such as `encoder.layer.0/intermediate`. */
  readonly label: string;
  readonly shape: readonly Dim[];
  readonly dtype: "f32" | "u32" | "f16";
  readonly layout: Layout;
  /** Where it comes from: the caller of a run, a model's weights, or a node. */
  readonly origin: "input" | ParameterBuffer | Node;
}

/** One kernel call of a graph. */
export interface Node {
  readonly label: string;
  /** The contract that all variants share: names, bindings and params. */
  readonly kernel: Kernel;
  /** The values bound to the kernel's buffers. */
  readonly bindings: Readonly<Record<string, Value>>;
  /** What {@linkcode Node.pick} chooses among. */
  readonly variants: readonly Variant[];
  /** The uniform struct's fields for a call's sizes. */
  params(sizes: Sizes): Params;
  /** Index of the variant for those. */
  pick(params: Params): number;
}

/** What {@linkcode Graph.call} takes. */
export interface KernelCall<F extends string, B extends string> {
  label: string;
  /** Values that the kernel reads. */
  inputs: Partial<Record<B, Value>>;
  /** Shapes of what it writes. */
  outputs: Partial<Record<B, Output>>;
  params(sizes: Sizes): Params<F>;
  /** One set of constants, or several variants with a choice among them by the fields of the uniform struct. */
  constants?: Constants;
  variants?: { all: readonly Variant<F, B>[]; pick(params: Params<F>): number };
}

/** The shape of a value that a kernel writes. */
export interface Output {
  shape: readonly Dim[];
  dtype?: "f32" | "u32";
  layout?: Layout;
}

/** Collects nodes while model code runs once. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Value>();
  readonly outputs = new Map<string, Value>();
  readonly #parameters = new Map<ParameterBuffer, Value>();
  readonly #labels = new Set<string>();
  readonly #scopes: string[] = [];
  /** The variants that are fast on the adapter that the graph is for. */
  readonly tuning: Tuning;

  constructor(tuning: Tuning = defaultTuning("other")) {
    this.tuning = tuning;
  }

  /** A tensor that each run is given. */
  input(name: string, dtype: "f32" | "u32", shape: readonly Dim[], layout: Layout = "tight"): Value {
    const known = this.inputs.get(name);
    if (known !== undefined) {
      if (known.dtype === dtype && known.layout === layout && String(known.shape) === String(shape)) return known;
      throw new Error(
        `Cannot declare input "${name}" [${shape.join(", ")}]: it is [${known.shape.join(", ")}] already`,
      );
    }
    const value: Value = { label: name, shape, dtype, layout, origin: "input" };
    this.inputs.set(name, value);
    return value;
  }

  /** A model's weights as a value. */
  parameter(parameter: ParameterBuffer): Value {
    let value = this.#parameters.get(parameter);
    if (value === undefined) {
      value = {
        label: parameter.label,
        shape: parameter.shape,
        dtype: parameter.dtype,
        layout: "pitched",
        origin: parameter,
      };
      this.#parameters.set(parameter, value);
    }
    return value;
  }

  /** Names a value as a result of the program. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw new Error(`Cannot name two outputs "${name}"`);
    if (value.origin === "input") throw new Error(`Cannot make output "${name}" of an input: "${value.label}"`);
    this.outputs.set(name, value);
  }

  /** Runs `body` with `name` in front of all labels. */
  scope<T>(name: string, body: () => T): T {
    this.#scopes.push(name);
    try {
      return body();
    } finally {
      this.#scopes.pop();
    }
  }

  /** Appends a kernel call and returns the values that it writes. */
  call<F extends string, B extends string>(kernel: Kernel<F, B>, call: KernelCall<F, B>): Record<B, Value> {
    const label = this.#unique([...this.#scopes, call.label].join("/"));
    const bindings: Record<string, Value> = {};
    const fallback = Object.values(call.inputs)[0] as Value | undefined;
    const variants = call.variants ?? { all: [variantOf(kernel, call.constants)], pick: () => 0 };
    for (const variant of variants.all) checkContract(label, kernel, variant.kernel);
    const node: Node = {
      label,
      kernel: kernel as unknown as Kernel,
      bindings,
      variants: variants.all as unknown as readonly Variant[],
      pick: variants.pick,
      params: call.params,
    };
    for (const name of kernel.bindingNames) {
      if (isRead(kernel, name)) {
        // A buffer that this variant never reads still needs a binding: any readable one serves.
        const value = call.inputs[name] ?? fallback;
        if (value === undefined) throw new Error(`Cannot trace ${label}: nothing is bound to "${name}"`);
        bindings[name] = value;
        continue;
      }
      const output = call.outputs[name];
      if (output === undefined) throw new Error(`Cannot trace ${label}: no shape is given for "${name}"`);
      const { shape, dtype = "f32", layout = "pitched" } = output;
      bindings[name] = { label: `${label}.${name}`, shape, dtype, layout, origin: node };
    }
    this.nodes.push(node);
    return bindings as Record<B, Value>;
  }

  #unique(label: string): string {
    let unique = label;
    for (let i = 2; this.#labels.has(unique); i++) unique = `${label}#${i}`;
    this.#labels.add(unique);
    return unique;
  }
}

/** Variants run with the same buffers and sizes, so they must mean the same by them. */
function checkContract<F extends string, B extends string>(
  label: string,
  one: Kernel<F, B>,
  other: Kernel<F, B>,
): void {
  if (one === other) return;
  const contract = (kernel: Kernel<F, B>) =>
    JSON.stringify([kernel.bindingNames.map((name) => [name, isRead(kernel, name)]), kernel.params]);
  if (contract(one) === contract(other)) return;
  throw new Error(`Cannot trace ${label}: kernels ${one.name} and ${other.name} differ in bindings or params`);
}

/** Whether a kernel only reads a binding, as a buffer or as a texture. */
function isRead<F extends string, B extends string>({ bindings }: Kernel<F, B>, name: B): boolean {
  return bindings[name] === "read" || bindings[name] === "texture";
}

/** The values that a node writes. */
export function outputsOf(node: Node): Value[] {
  return node.kernel.bindingNames
    .filter((name) => !isRead(node.kernel, name))
    .map((name) => node.bindings[name] as Value);
}

/** The values that a node reads. */
export function inputsOf(node: Node): Value[] {
  return node.kernel.bindingNames
    .filter((name) => isRead(node.kernel, name))
    .map((name) => node.bindings[name] as Value);
}
