/** The buffers and bind groups that a graph runs in, at the largest sizes so far. */

import type { Gpu } from "../gpu/device.ts";
import { textureBytes } from "../gpu/textures.ts";
import { MAX_TEXTURE_ROWS as MAX_ROWS, type TextureView, type Variant } from "../kernels/kernel.ts";
import { type Graph, type Node, outputsOf, type Value } from "./graph.ts";
import { type MemoryPlan, planMemory } from "./memory_plan.ts";
import { bytesOf, type Dim, dimsOf, type Sizes } from "./shape.ts";
import { layoutUploads, type UploadLayout } from "./upload.ts";

/** Buffers and bind groups at one capacity. */
export interface Allocation {
  readonly capacities: Sizes;
  readonly layout: UploadLayout;
  readonly plan: MemoryPlan;
  readonly upload: GPUBuffer;
  readonly uploadBytes: ArrayBuffer;
  readonly buffers: readonly GPUBuffer[];
  /** Of each node, for its variants that read buffers alone; and for those that read textures, once one is picked. */
  readonly bindGroups: { buffers?: GPUBindGroup; textures?: GPUBindGroup }[];
  /** Textures that calls copy to, by {@linkcode textureKey}: nodes that read matrices of the same width share one. */
  readonly textures: Map<string, GPUTexture>;
  /** Of each node, by binding: textures that hold weights, which need no copying. */
  readonly weights: Record<string, GPUTexture>[];
}

/** What a call asks of the room. */
export interface RoomCall {
  readonly sizes: Sizes;
  /** The variant of each node. */
  readonly picks: readonly number[];
  /** The matrices that each node reads as textures, by binding. */
  readonly views: readonly (readonly (readonly [binding: string, view: TextureView])[] | null)[];
}

/** Makes room for the calls of a graph: nothing to do where a call fits, else what does not fit is laid out anew. */
export class Room {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #layoutOf: (node: number, pick: number) => GPUBindGroupLayout;
  readonly #symbols: ReadonlySet<string>;
  #allocation: Allocation | null = null;

  /** @param layoutOf The bind group layout of a node's variant, by their numbers. */
  constructor(gpu: Gpu, graph: Graph, layoutOf: (node: number, pick: number) => GPUBindGroupLayout) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#layoutOf = layoutOf;
    this.#symbols = symbolsOf(graph);
  }

  /** Bytes of all buffers and textures. */
  get bytes(): number {
    if (this.#allocation === null) return 0;
    const { upload, buffers, textures } = this.#allocation;
    const ofTextures = [...textures.values()].reduce((sum, texture) => sum + textureBytes(texture), 0);
    return buffers.reduce((sum, buffer) => sum + buffer.size, upload.size + ofTextures);
  }

  /** Makes room where there is none yet, and waits for what the device says of it; on an error none is kept. */
  async prepare(call: RoomCall): Promise<void> {
    if (this.#isReady(call)) return;
    try {
      await this.#gpu.scoped("make room for a batch on the GPU", () => this.at(call));
    } catch (error) {
      this.release();
      this.#gpu.buffers.trim(); // A buffer that does not work must not be lent again.
      throw error;
    }
  }

  /** The room for a call, made where it is not there yet, with some room to grow. */
  at(call: RoomCall): Allocation {
    if (this.#isReady(call)) return this.#allocation as Allocation;
    const allocation = this.#atSizes(call.sizes);
    call.views.forEach((views, i) => this.#growTextures(allocation, i, views ?? []));
    call.picks.forEach((pick, i) => {
      const views = call.views[i] ?? null;
      const groups = allocation.bindGroups[i] as Allocation["bindGroups"][number];
      groups[kindOf(views)] ??= this.#bind(allocation, { i, pick, views });
    });
    return allocation;
  }

  #isReady({ sizes, views }: RoomCall): boolean {
    const allocation = this.#allocation;
    return allocation !== null && fits(this.#symbols, sizes, allocation.capacities) &&
      views.every((own, i) =>
        allocation.bindGroups[i]?.[kindOf(own)] !== undefined &&
        (own === null || own.every(([name, view]) => holds(allocation, i, name, view)))
      );
  }

  #atSizes(sizes: Sizes): Allocation {
    const current = this.#allocation;
    if (current !== null && fits(this.#symbols, sizes, current.capacities)) return current;
    const wanted = Object.fromEntries([...this.#symbols].map((symbol) => [symbol, sizes[symbol] ?? 0]));
    // With room to grow, and for the sizes of earlier calls too, as far as the device allows.
    const roomy = mapValues(wanted, (size, symbol) => roundUp(Math.max(size, current?.capacities[symbol] ?? 0)));
    const choices = [roomy, mapValues(wanted, roundUp), wanted];
    const capacities = choices.find((choice) => this.#beyondLimits(choice) === undefined);
    if (capacities === undefined) throw this.#tooLarge(wanted);
    this.release();
    const allocation = this.#build(capacities);
    this.#allocation = allocation;
    return allocation;
  }

  /** Makes the textures of a node's bindings tall enough; what was bound to shorter ones is bound anew. */
  #growTextures(allocation: Allocation, i: number, views: NonNullable<RoomCall["views"][number]>): void {
    for (const [name, view] of views) {
      if (holds(allocation, i, name, view)) continue;
      const { origin } = this.#graph.nodes[i]?.bindings[name] as Value;
      const weight = typeof origin === "object" && "buffer" in origin
        ? this.#gpu.textures.weight(origin.buffer, view)
        : null;
      if (weight !== null) {
        (allocation.weights[i] as Record<string, GPUTexture>)[name] = weight;
        continue;
      }
      const key = textureKey(name, view);
      const old = allocation.textures.get(key);
      if (old !== undefined) this.#gpu.textures.destroy(old);
      const rows = Math.min(MAX_ROWS, roundUp(view.rows));
      allocation.textures.set(key, this.#gpu.textures.create({ columns: view.columns, rows }, key));
      for (const groups of allocation.bindGroups) delete groups.textures;
    }
  }

  /** A tensor that no buffer of this device can hold at these sizes, if there is one. */
  #beyondLimits(sizes: Sizes): Value | undefined {
    const limit = this.#gpu.buffers.largest;
    const values = [...this.#graph.inputs.values(), ...this.#graph.nodes.flatMap(outputsOf)];
    return values.find(({ shape, layout }) => bytesOf(shape, layout, sizes) > limit);
  }

  #tooLarge(sizes: Sizes): RangeError {
    const { label, shape, layout } = this.#beyondLimits(sizes) as Value;
    const bytes = bytesOf(shape, layout, sizes);
    return new RangeError(
      `Cannot run the model: "${label}" [${dimsOf(shape, sizes).join(", ")}] needs ${bytes} bytes in one buffer, ` +
        `this device allows ${this.#gpu.buffers.largest}; use a smaller batch`,
    );
  }

  #build(capacities: Sizes): Allocation {
    const { buffers: pool, limits } = this.#gpu;
    const layout = layoutUploads(this.#graph, capacities, limits);
    const plan = planMemory(this.#graph, capacities);
    const acquired: GPUBuffer[] = [];
    try {
      const upload = pool.acquire(layout.bytes, "uploads");
      acquired.push(upload);
      const buffers = plan.bufferBytes.map((bytes, i) => {
        const buffer = pool.acquire(bytes, `intermediate ${i}`);
        acquired.push(buffer);
        return buffer;
      });
      const uploadBytes = new ArrayBuffer(layout.bytes);
      const bindGroups = this.#graph.nodes.map(() => ({}));
      return {
        capacities,
        layout,
        plan,
        upload,
        uploadBytes,
        buffers,
        bindGroups,
        textures: new Map(),
        weights: bindGroups.map(() => ({})),
      };
    } catch (error) {
      for (const buffer of acquired) pool.release(buffer);
      throw error;
    }
  }

  #bind(
    allocation: Allocation,
    { i, pick, views }: { i: number; pick: number; views: RoomCall["views"][number] },
  ): GPUBindGroup {
    const node = this.#graph.nodes[i] as Node;
    const { kernel } = node.variants[pick] as Variant;
    const { upload, layout, textures, weights } = allocation;
    const offset = layout.paramOffsets[i] as number;
    const uniform = { binding: 0, resource: { buffer: upload, offset, size: Math.max(16, kernel.paramBytes) } };
    const resourceOf = (name: string): GPUBindingResource => {
      const view = views?.find(([binding]) => binding === name)?.[1];
      if (view !== undefined) {
        return (weights[i]?.[name] ?? textures.get(textureKey(name, view)) as GPUTexture).createView();
      }
      const value = node.bindings[name] as Value;
      const input = layout.inputs.get(value);
      if (input === undefined) return { buffer: bufferOf(allocation, value) };
      return { buffer: upload, offset: input.offset, size: input.bytes };
    };
    const others = kernel.bindingNames.map((name, b) => ({ binding: b + 1, resource: resourceOf(name) }));
    return this.#gpu.createBindGroup({
      label: node.label,
      layout: this.#layoutOf(i, pick),
      entries: [uniform, ...others],
    });
  }

  /** Gives all of it back. */
  release(): void {
    if (this.#allocation === null) return;
    this.#gpu.buffers.release(this.#allocation.upload);
    for (const buffer of this.#allocation.buffers) this.#gpu.buffers.release(buffer);
    for (const texture of this.#allocation.textures.values()) this.#gpu.textures.destroy(texture);
    this.#allocation = null;
  }
}

/** The buffer of a value that is no input. */
export function bufferOf({ plan, buffers }: Pick<Allocation, "plan" | "buffers">, value: Value): GPUBuffer {
  if (value.origin === "input") throw new Error(`An input cannot be an output: "${value.label}"`);
  if ("buffer" in value.origin) return value.origin.buffer;
  return buffers[plan.bufferOf.get(value) as number] as GPUBuffer;
}

/** Which of a node's bind groups serves a variant. */
export function kindOf(views: RoomCall["views"][number]): "buffers" | "textures" {
  return views === null ? "buffers" : "textures";
}

/** Whether the texture of a node's binding is there, and tall enough for a matrix. */
function holds({ textures, weights }: Allocation, i: number, name: string, view: TextureView): boolean {
  return weights[i]?.[name] !== undefined || (textures.get(textureKey(name, view))?.height ?? -1) >= view.rows;
}

/** Names the texture of a binding. */
export function textureKey(binding: string, { columns }: TextureView): string {
  return `${binding}, ${columns} columns`;
}

/** The symbols that size some tensor of the graph. */
function symbolsOf(graph: Graph): Set<string> {
  const shapes = [...graph.inputs.values(), ...graph.nodes.flatMap(outputsOf)].flatMap(({ shape }) => shape);
  return new Set(shapes.filter((dim: Dim): dim is string => typeof dim === "string"));
}

function mapValues(sizes: Sizes, map: (size: number, symbol: string) => number): Sizes {
  return Object.fromEntries(Object.entries(sizes).map(([symbol, size]) => [symbol, map(size, symbol)]));
}

function fits(symbols: ReadonlySet<string>, sizes: Sizes, capacities: Sizes): boolean {
  for (const symbol of symbols) if ((sizes[symbol] ?? 0) > (capacities[symbol] ?? 0)) return false;
  return true;
}

/** The next capacity: 8, 12, 16, 24, 32, 48, … so that growing batches settle after few reallocations. */
function roundUp(size: number): number {
  if (size <= 8) return 8;
  const power = 2 ** Math.floor(Math.log2(size));
  if (size === power) return size;
  return size <= power * 1.5 ? power * 1.5 : power * 2;
}
