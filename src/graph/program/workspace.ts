/**
 * Owns a program's buffers, textures and bind groups. A call that fits the current capacity reuses them; a larger one
 * reallocates with headroom.
 */

import { bufferSize } from "../../gpu/buffers.ts";
import type { Gpu } from "../../gpu/device.ts";
import { textureBytes } from "../../gpu/textures.ts";
import { MAX_TEXTURE_ROWS as MAX_ROWS, type TextureView } from "../../kernels/kernel.ts";
import { allocate, type Allocation, textureKey } from "./allocation.ts";
import { bindGroupOf, type LayoutOf, makeBindGroup } from "./bind_groups.ts";
import type { Graph } from "../graph.ts";
import type { Residents } from "./residents.ts";
import { bytesOf, type Dim, dimsOf, type Scalars } from "../shape.ts";
import type { Step } from "./steps.ts";
import { planMemory } from "./memory_plan.ts";
import { layoutUploads } from "./upload.ts";
import { outputsOf, type Value } from "../value.ts";

/** What a call needs. */
export interface Demand {
  readonly scalars: Scalars;
  readonly steps: readonly Step[];
  readonly residents: Residents;
}

/** The memory of one program. */
export class Workspace {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #layoutOf: LayoutOf;
  readonly #symbols: ReadonlySet<string>;
  #allocation: Allocation | null = null;
  #generation = 0;

  /** @param layoutOf The bind group layout of a step. */
  constructor(gpu: Gpu, graph: Graph, layoutOf: LayoutOf) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#layoutOf = layoutOf;
    this.#symbols = symbolsOf(graph);
  }

  /** Changes whenever buffers, textures or bind groups do. What was looked up before may then be destroyed. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of all buffers and textures. */
  get bytes(): number {
    if (this.#allocation === null) return 0;
    const { upload, buffers, textures, replaced } = this.#allocation;
    const ofTextures = [...textures.values(), ...replaced].reduce((sum, texture) => sum + textureBytes(texture), 0);
    return buffers.reduce((sum, buffer) => sum + buffer.size, upload.size + ofTextures);
  }

  /**
   * Bytes of all buffers and textures after a call of these sizes, if nothing was allocated before.
   *
   * @throws {RangeError} If the device cannot hold one of them.
   */
  bytesFor({ scalars, steps }: Pick<Demand, "scalars" | "steps">): number {
    const capacities = this.#capacitiesFor(scalars, null);
    const buffers = planMemory(this.#graph, capacities).bufferBytes.map(bufferSize);
    const upload = bufferSize(layoutUploads(this.#graph, capacities, this.#gpu.limits).bytes);
    const rows = new Map<string, { columns: number; rows: number }>();
    for (const { node, views } of steps) {
      for (const [name, view] of views ?? []) {
        if (this.#isKept(node.bindings[name] as Value)) continue;
        const key = textureKey(name, view);
        const height = Math.max(rows.get(key)?.rows ?? 0, Math.min(MAX_ROWS, roundUp(view.rows)));
        rows.set(key, { columns: view.columns, rows: height });
      }
    }
    const textures = [...rows.values()].map(({ columns, rows }) => 4 * columns * rows);
    return [upload, ...buffers, ...textures].reduce((a, b) => a + b, 0);
  }

  /** Allocates what a call lacks, and waits for the device's errors. After an error nothing is kept. */
  async prepare(demand: Demand): Promise<void> {
    if (this.isReady(demand)) return;
    try {
      await this.#gpu.scoped("make room for a batch on the GPU", () => this.ensure(demand));
    } catch (error) {
      this.release();
      this.#gpu.buffers.trim(); // A buffer that does not work must not be lent again.
      throw error;
    }
  }

  /** The memory for a call; what it lacks is allocated, with headroom. */
  ensure(demand: Demand): Allocation {
    if (this.isReady(demand)) return this.#allocation as Allocation;
    return this.complete(this.#atSizes(demand.scalars), demand);
  }

  /** Adds textures and bind groups that a call lacks to memory that is large enough for it. */
  complete(allocation: Allocation, demand: Demand): Allocation {
    this.#generation++;
    for (const step of demand.steps) {
      for (const [name, view] of step.views ?? []) this.#growTexture(allocation, step, { name, view });
    }
    const { residents } = demand;
    for (const step of demand.steps) {
      if (bindGroupOf(allocation, step, residents) !== undefined) continue;
      makeBindGroup(this.#gpu, allocation, { step, residents, layout: this.#layoutOf(step) });
    }
    return allocation;
  }

  /** Whether new calls run in this allocation. */
  isPresent(allocation: Allocation): boolean {
    return allocation === this.#allocation;
  }

  /** Keeps an allocation, even if the workspace releases it, until the returned function is called. */
  hold(allocation: Allocation): () => void {
    allocation.users++;
    return () => {
      allocation.users--;
      if (allocation.users === 0) {
        for (const texture of allocation.replaced.splice(0)) this.#gpu.textures.destroy(texture);
      }
      this.#giveBack(allocation);
    };
  }

  /** Whether a call has all that it needs. */
  isReady({ scalars, steps, residents }: Demand): boolean {
    const allocation = this.#allocation;
    return allocation !== null && fits(this.#symbols, scalars, allocation.capacities) &&
      steps.every((step) =>
        bindGroupOf(allocation, step, residents) !== undefined &&
        (step.views === null || step.views.every(([name, view]) => holds(allocation, step, { name, view })))
      );
  }

  #atSizes(sizes: Scalars): Allocation {
    const current = this.#allocation;
    if (current !== null && fits(this.#symbols, sizes, current.capacities)) return current;
    const capacities = this.#capacitiesFor(sizes, current?.capacities ?? null);
    this.release();
    const allocation = allocate(this.#gpu, this.#graph, capacities);
    this.#allocation = allocation;
    return allocation;
  }

  /**
   * Sizes with headroom, and enough for those of earlier calls too, as far as the device allows.
   *
   * @throws {RangeError} If it does not allow the sizes themselves.
   */
  #capacitiesFor(sizes: Scalars, earlier: Scalars | null): Scalars {
    const wanted = Object.fromEntries([...this.#symbols].map((symbol) => [symbol, sizes[symbol] ?? 0]));
    const roomy = mapValues(wanted, (size, symbol) => roundUp(Math.max(size, earlier?.[symbol] ?? 0)));
    const choices = [roomy, mapValues(wanted, roundUp), wanted];
    const capacities = choices.find((choice) => this.#beyondLimits(choice) === undefined);
    if (capacities === undefined) throw this.#tooLarge(wanted);
    return capacities;
  }

  /** Whether textures of a value are kept as long as the weights that it is. */
  #isKept({ storage }: Value): boolean {
    return storage.kind === "parameter" && !this.#graph.isUpdated(storage);
  }

  /** Makes the texture of a binding tall enough. If a shorter one is replaced, its bind groups are made again. */
  #growTexture(allocation: Allocation, step: Step, { name, view }: { name: string; view: TextureView }): void {
    if (holds(allocation, step, { name, view })) return;
    const value = step.node.bindings[name] as Value;
    const { storage } = value;
    const weight = storage.kind === "parameter" && this.#isKept(value)
      ? this.#gpu.textures.weight(storage.parameter.buffer, view)
      : null;
    if (weight !== null) {
      (allocation.weights[step.index] as Allocation["weights"][number])[name] = weight;
      return;
    }
    const key = textureKey(name, view);
    const old = allocation.textures.get(key);
    if (old !== undefined && allocation.users > 0) allocation.replaced.push(old);
    else if (old !== undefined) this.#gpu.textures.destroy(old);
    const rows = Math.min(MAX_ROWS, roundUp(view.rows));
    allocation.textures.set(key, this.#gpu.textures.create({ columns: view.columns, rows }, key));
    for (const groups of allocation.bindGroups) groups.textures.clear();
  }

  /** A tensor that no buffer of this device can hold at these sizes, if there is one. */
  #beyondLimits(sizes: Scalars): Value | undefined {
    const limit = this.#gpu.buffers.largest;
    return ownValues(this.#graph).find(({ shape, layout }) => bytesOf(shape, layout, sizes) > limit);
  }

  #tooLarge(sizes: Scalars): RangeError {
    const { path, shape, layout } = this.#beyondLimits(sizes) as Value;
    const bytes = bytesOf(shape, layout, sizes);
    return new RangeError(
      `Cannot run the model: "${path}" [${dimsOf(shape, sizes).join(", ")}] needs ${bytes} bytes in one buffer, ` +
        `this device allows ${this.#gpu.buffers.largest}; use a smaller batch`,
    );
  }

  /** Releases the memory when the calls that hold it have finished. */
  release(): void {
    const allocation = this.#allocation;
    if (allocation === null) return;
    this.#generation++;
    this.#allocation = null;
    this.#giveBack(allocation);
  }

  #giveBack(allocation: Allocation): void {
    if (allocation.users > 0 || this.isPresent(allocation)) return;
    this.#gpu.buffers.release(allocation.upload);
    for (const buffer of allocation.buffers) this.#gpu.buffers.release(buffer);
    for (const texture of allocation.textures.values()) this.#gpu.textures.destroy(texture);
  }
}

/** Whether the texture of a step's binding is there, and tall enough for a matrix. */
function holds(
  { textures, weights }: Allocation,
  { index }: Step,
  { name, view }: { name: string; view: TextureView },
): boolean {
  return weights[index]?.[name] !== undefined || (textures.get(textureKey(name, view))?.height ?? -1) >= view.rows;
}

/** The values that live in a program's own buffers. */
function ownValues(graph: Graph): Value[] {
  return [
    ...graph.inputs.values(),
    ...graph.nodes.flatMap(outputsOf).filter(({ storage }) => storage.kind === "planned"),
  ];
}

/** The symbols that size some tensor in a program's own buffers, or in its staging buffer. */
function symbolsOf(graph: Graph): Set<string> {
  const dims = [...ownValues(graph), ...graph.outputs.values()].flatMap(({ shape }) => shape);
  return new Set(dims.filter((dim: Dim): dim is string => typeof dim === "string"));
}

function mapValues(sizes: Scalars, map: (size: number, symbol: string) => number): Scalars {
  return Object.fromEntries(Object.entries(sizes).map(([symbol, size]) => [symbol, map(size, symbol)]));
}

function fits(symbols: ReadonlySet<string>, sizes: Scalars, capacities: Scalars): boolean {
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
