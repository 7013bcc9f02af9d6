/** The buffers, textures and bind groups of a program at one capacity, and where each value lies in them. */

import type { Gpu } from "../../gpu/device.ts";
import type { WeightTexture } from "../../gpu/textures.ts";
import type { TextureView } from "../../kernels/kernel.ts";
import { bytesAt, type Counts } from "../capacity.ts";
import type { Graph } from "../graph.ts";
import { type MemoryPlan, planMemory } from "./memory_plan.ts";
import type { Residents } from "./residents.ts";
import type { Step } from "./steps.ts";
import { layoutUploads, type UploadLayout, type UploadMemory, uploadMemory } from "./upload.ts";
import { outputsOf, type Value } from "../value.ts";

/**
 * Bind groups of a node by their resident buffers: those of variants that read buffers alone, and those of the others.
 */
export interface NodeGroups {
  readonly buffers: Map<string, GPUBindGroup>;
  readonly textures: Map<string, GPUBindGroup>;
}

/** Memory at one capacity. */
export interface Allocation {
  readonly capacity: Counts;
  readonly layout: UploadLayout;
  readonly plan: MemoryPlan;
  readonly upload: GPUBuffer;
  /** The CPU copy of `upload`. Constants are written to it once. */
  readonly memory: UploadMemory;
  /** The steps whose params `upload` holds. The next call need not send them if its steps are the same. */
  paramsOf: readonly Step[] | null;
  readonly buffers: readonly GPUBuffer[];
  readonly bindGroups: readonly NodeGroups[];
  /** Textures that calls copy to, by {@linkcode textureKey}: nodes that read matrices of the same width share one. */
  readonly textures: Map<string, GPUTexture>;
  /** Textures that taller ones replaced while calls held them: calls that are encoded, but not submitted, use them. */
  readonly replaced: GPUTexture[];
  /** Of each node, by binding: textures that hold weights. They are copied once, and again after an update. */
  readonly weights: readonly Record<string, WeightTexture>[];
  /** Number of calls that hold it. */
  users: number;
  /** Whether the device told that it had no memory for some of it. */
  isBroken: boolean;
}

/** A part of a buffer, in bytes. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Where a graph's values lie at a capacity. */
export function planAt(
  graph: Graph,
  capacity: Counts,
  limits: GPUSupportedLimits,
): Pick<Allocation, "layout" | "plan"> {
  const capacityOf = (value: Value) => bytesAt(value, capacity);
  return { layout: layoutUploads(graph, capacityOf, limits), plan: planMemory(graph, capacityOf) };
}

/** Acquires a graph's buffers. @throws {RangeError} If the device cannot hold one of them; then all are released. */
export function allocate({ buffers: pool, limits }: Gpu, graph: Graph, capacity: Counts): Allocation {
  const { layout, plan } = planAt(graph, capacity, limits);
  const acquired: GPUBuffer[] = [];
  const acquire = (bytes: number, label: string): GPUBuffer => {
    const buffer = pool.acquire(bytes, label);
    acquired.push(buffer);
    return buffer;
  };
  try {
    return {
      capacity,
      layout,
      plan,
      upload: acquire(layout.bytes, "uploads"),
      memory: uploadMemory(layout),
      paramsOf: null,
      buffers: plan.bufferBytes.map((bytes, i) => acquire(bytes, `intermediate ${i}`)),
      bindGroups: graph.nodes.map(() => ({ buffers: new Map(), textures: new Map() })),
      textures: new Map(),
      replaced: [],
      weights: graph.nodes.map(() => ({})),
      users: 0,
      isBroken: false,
    };
  } catch (error) {
    for (const buffer of acquired) pool.release(buffer);
    throw error;
  }
}

/** Where a value lies: the range that is bound to kernels, copied to textures and read back. */
export function sliceOf(
  { layout, plan, upload, buffers }: Allocation,
  value: Value,
  residents: Residents,
): BufferRange {
  const { storage } = value;
  if (storage.kind === "upload") {
    const { offset, bytes } = layout.inputs.get(value) as { offset: number; bytes: number };
    return { buffer: upload, offset, size: bytes };
  }
  const buffer = storage.kind === "resident"
    ? residents[storage.name]
    : storage.kind === "parameter"
    ? storage.parameter.buffer
    : buffers[plan.bufferOf.get(value) as number];
  if (buffer === undefined) throw new Error(`Cannot find the memory of "${value.path}": it has none`);
  return { buffer, offset: 0, size: buffer.size };
}

/** Names the texture of a binding. */
export function textureKey(binding: string, { columns }: TextureView): string {
  return `${binding}, ${columns} columns`;
}

/** The values that live in a program's own buffers. */
export function ownValues(graph: Graph): Value[] {
  return [
    ...graph.inputs.values(),
    ...graph.nodes.flatMap(outputsOf).filter(({ storage }) => storage.kind === "planned"),
  ];
}
