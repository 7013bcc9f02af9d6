/** A traced computation: values, and the kernel calls that make them, over symbolic sizes. */

import { type Kernel, type Variant, variantOf } from "../kernels/kernel.ts";
import { defaultTuning } from "../kernels/tuning/shipped.ts";
import type { Tuning } from "../kernels/tuning/slots.ts";
import { checkContract, isRead, type KernelCall } from "./kernel_call.ts";
import type { Dim, Extent, Layout, Scalar } from "./shape.ts";
import { Tape } from "./tape.ts";
import { typeText } from "./types.ts";
import type { Node, ParameterBuffer, Storage, Type, Value } from "./value.ts";
import { Versions } from "./versions.ts";

/** A node while it is traced. */
interface OpenNode extends Node {
  readonly bindings: Record<string, Value>;
  readonly updates: Value[];
}

/** Collects nodes while model code runs once. */
export class Graph {
  readonly nodes: Node[] = [];
  /** What calls upload, by name, constants included. */
  readonly inputs: Map<string, Value> = new Map();
  /** The buffers that each call binds, by name, as they are before the call. */
  readonly residents: Map<string, Value> = new Map();
  /** What calls read back, by name. */
  readonly outputs: Map<string, Value> = new Map();
  /** What calls copy to buffers of their callers, by name. */
  readonly kept: Map<string, Value> = new Map();
  /** The scalars that each call gives, by name; symbols of shapes too. */
  readonly scalars: Map<string, Scalar> = new Map();
  readonly tape: Tape = new Tape();
  readonly #parameters = new Map<ParameterBuffer, Storage>();
  readonly #versions = new Versions();
  readonly #labels = new Set<string>();
  readonly #scopes: string[] = [];
  #part: string | null = null;
  /** The variants that are fast on the adapter that the graph is for. */
  readonly tuning: Tuning;
  /**
   * Whether gradients are traced later. Layers then keep what gradients read, where they would compute it again
   * otherwise: activations are ops of their own, and attention stores its probabilities.
   */
  differentiable: boolean;
  /** Whether layers trace their dropout. */
  drops: boolean;
  readonly #streams = new Map<string, number>();

  constructor(
    tuning: Tuning = defaultTuning("other"),
    { differentiable = false, drops = false }: { differentiable?: boolean; drops?: boolean } = {},
  ) {
    this.tuning = tuning;
    this.differentiable = differentiable;
    this.drops = drops;
  }

  /** A tensor that each call sends. */
  input(name: string, dtype: "f32" | "u32", shape: readonly Dim[], layout: Layout = "tight"): Value {
    const known = this.inputs.get(name);
    if (known !== undefined) return sameType("input", known, { dtype, shape, layout });
    if (this.residents.has(name)) throw new Error(`Cannot declare input "${name}": a resident has that name`);
    const value = this.#source(name, { dtype, shape, layout }, { kind: "upload", name });
    this.inputs.set(name, value);
    return value;
  }

  /** A small tensor that is the same in every call, such as the 1 from which gradients start. */
  constant(
    name: string,
    data: Float32Array | Uint32Array,
    { shape, layout = "tight" }: { shape: readonly number[]; layout?: Layout },
  ): Value {
    const dtype = data instanceof Float32Array ? "f32" : "u32";
    const unique = this.#unique(this.path(name));
    const value = this.#source(unique, { dtype, shape, layout }, { kind: "upload", name: unique, data });
    this.inputs.set(unique, value);
    return value;
  }

  /** A GPU buffer that each call binds by name, at its newest version so far. */
  resident(name: string, dtype: "f32" | "u32", shape: readonly Dim[], layout: Layout = "pitched"): Value {
    const known = this.residents.get(name);
    if (known !== undefined) {
      return this.#versions.current(sameType("resident", known, { dtype, shape, layout }).storage);
    }
    if (this.inputs.has(name)) throw new Error(`Cannot declare resident "${name}": an input has that name`);
    const value = this.#source(name, { dtype, shape, layout }, { kind: "resident", name });
    this.residents.set(name, value);
    return value;
  }

  /** A model's weights as a value, at their newest version so far. */
  parameter(parameter: ParameterBuffer): Value {
    const known = this.#parameters.get(parameter);
    if (known !== undefined) return this.#versions.current(known);
    const { label, shape, dtype } = parameter;
    const value = this.#source(label, { shape, dtype, layout: "pitched" }, { kind: "parameter", parameter });
    this.#parameters.set(parameter, value.storage);
    return value;
  }

  /** Declares a number that each call gives. Symbols of shapes declare themselves, as u32. */
  scalar(name: string, dtype: "u32" | "f32" = "u32"): Scalar {
    const known = this.scalars.get(name);
    if (known !== undefined && known.dtype !== dtype) {
      throw new TypeError(`Cannot declare scalar "${name}" as ${dtype}: it is ${known.dtype} already`);
    }
    const scalar = known ?? { name, dtype };
    if (known === undefined) this.scalars.set(name, scalar);
    return scalar;
  }

  /**
   * Names a value as a result of the program: what it holds when the program has finished. It is read back, or stays on
   * the GPU in a buffer that each call gives for it.
   */
  output(name: string, value: Value, { on = "cpu" }: { on?: "cpu" | "gpu" } = {}): void {
    if (this.outputs.has(name) || this.kept.has(name)) throw new Error(`Cannot name two outputs "${name}"`);
    if (value.dtype === "f16") {
      throw new TypeError(`Cannot make output "${name}" of "${value.path}": it must be f32 or u32, got f16`);
    }
    this.#versions.read(`output "${name}"`, value);
    this.#versions.keep(value, `output "${name}"`);
    (on === "cpu" ? this.outputs : this.kept).set(name, value);
  }

  /** Declares the symbols of an extent. Those of shapes need no call. */
  declare(extent: Extent): void {
    for (const size of Array.isArray(extent) ? extent : [extent]) if (typeof size === "string") this.scalar(size);
  }

  /** Whether a storage is updated in place by a node so far. */
  isUpdated(storage: Storage): boolean {
    return this.#versions.current(storage).version > 0;
  }

  /** Checks that a value is of this graph and not written over. @param reader Who reads, for the message. */
  checkReadable(reader: string, value: Value): void {
    this.#versions.read(reader, value);
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

  /** The part of the computation that is traced; null if none was named. */
  get part(): string | null {
    return this.#part;
  }

  /** Runs `body`, and counts what it traces as a part of the computation. */
  within<T>(part: string | null, body: () => T): T {
    const outer = this.#part;
    this.#part = part;
    try {
      return body();
    } finally {
      this.#part = outer;
    }
  }

  /** A label with the names of the scopes around it. */
  path(label: string): string {
    return [...this.#scopes, label].join("/");
  }

  /**
   * The number of a place where random numbers are drawn, counted as places are first traced. A place that is traced
   * again, to compute it again, draws the same.
   */
  stream(label: string): number {
    const path = this.path(label);
    const known = this.#streams.get(path);
    if (known !== undefined) return known;
    this.#streams.set(path, this.#streams.size);
    return this.#streams.size - 1;
  }

  /** Appends a kernel call and returns the values that it writes. */
  call<F extends string, B extends string>(kernel: Kernel<F, B>, call: KernelCall<F, B>): Record<B, Value> {
    const label = this.#unique(this.path(call.label));
    const variants = call.variants ?? { all: [variantOf(kernel, call.constants)], pick: () => 0 };
    for (const variant of variants.all) checkContract(label, kernel, variant.kernel);
    const bindings: Record<string, Value> = {};
    const updates: Value[] = [];
    const node: OpenNode = {
      label,
      part: this.#part,
      kernel: kernel as unknown as Kernel,
      bindings,
      updates,
      variants: variants.all as unknown as readonly Variant[],
      pick: variants.pick,
      params: call.params,
      cost: call.cost?.bind(call) ?? null,
    };
    this.#bindReads(node, kernel, call);
    this.#bindWrites(node, kernel, call);
    this.nodes.push(node);
    return bindings as Record<B, Value>;
  }

  #bindReads<F extends string, B extends string>(
    { label, bindings }: OpenNode,
    kernel: Kernel<F, B>,
    { inputs }: KernelCall<F, B>,
  ): void {
    const fallback = Object.values(inputs)[0] as Value | undefined;
    for (const name of kernel.bindingNames) {
      if (!isRead(kernel, name)) continue;
      // A buffer that this variant never reads still needs a binding: any readable one serves.
      const value = inputs[name] ?? fallback;
      if (value === undefined) throw new Error(`Cannot trace ${label}: nothing is bound to "${name}"`);
      this.#versions.read(label, value);
      bindings[name] = value;
    }
  }

  #bindWrites<F extends string, B extends string>(
    node: OpenNode,
    kernel: Kernel<F, B>,
    { outputs, updates, into }: KernelCall<F, B>,
  ): void {
    const { label, bindings } = node;
    for (const name of kernel.bindingNames) {
      if (isRead(kernel, name)) continue;
      const isUpdate = kernel.bindings[name] === "update";
      const before = (isUpdate ? updates : into)?.[name];
      if (before !== undefined) {
        node.updates.push(before);
        bindings[name] = this.#versions.update(node, before);
      } else if (isUpdate) {
        throw new Error(`Cannot trace ${label}: nothing is given for "${name}" to update`);
      } else {
        const output = outputs?.[name];
        if (output === undefined) throw new Error(`Cannot trace ${label}: no shape is given for "${name}"`);
        const { shape, dtype = "f32", layout = "pitched" } = output;
        const value: Value = {
          path: `${label}.${name}`,
          shape,
          dtype,
          layout,
          storage: { kind: "planned" },
          version: 0,
          node,
        };
        bindings[name] = this.#add(value);
      }
    }
  }

  #source(path: string, type: Type, storage: Storage): Value {
    return this.#add({ path, ...type, storage, version: 0, node: null });
  }

  #add(value: Value): Value {
    this.declare(value.shape);
    this.#versions.add(value);
    return value;
  }

  #unique(label: string): string {
    let unique = label;
    for (let i = 2; this.#labels.has(unique); i++) unique = `${label}#${i}`;
    this.#labels.add(unique);
    return unique;
  }
}

/** A value that was declared before; throws if its type is not the one asked for now. */
function sameType(kind: string, known: Value, { dtype, shape, layout }: Type): Value {
  if (known.dtype === dtype && known.layout === layout && String(known.shape) === String(shape)) return known;
  throw new Error(
    `Cannot declare ${kind} "${known.path}" as ${typeText({ dtype, shape, layout })}: it is ${typeText(known)} already`,
  );
}
