/**
 * Assigns intermediate values to buffers.
 *
 * A buffer cannot be bound read-only and writable in one dispatch, so memory is planned in whole buffers. A value gets
 * a buffer at the node that writes it; the buffer is free again after the last node that uses it. All versions of a
 * value that is updated in place share one storage, and so one buffer.
 */

import type { Graph } from "../graph.ts";
import { bytesOf, type Scalars } from "../shape.ts";
import { inputsOf, type Node, outputsOf, type Storage, type Value } from "../value.ts";

/** Buffers by size, and the buffer of each intermediate value. */
export interface MemoryPlan {
  /** Bytes of each buffer. */
  readonly bufferBytes: readonly number[];
  /** Index of the buffer that holds a value. */
  readonly bufferOf: ReadonlyMap<Value, number>;
}

/** Assigns buffers for a graph at the given capacities; outputs keep theirs to the end. */
export function planMemory(graph: Graph, capacities: Scalars): MemoryPlan {
  const lastUse = lastUses(graph);
  const bufferBytes: number[] = [];
  const bufferOf = new Map<Value, number>();
  const held = new Map<Storage, number>();
  const free: number[] = [];
  graph.nodes.forEach((node, i) => {
    for (const value of outputsOf(node)) {
      const { storage, shape, layout } = value;
      if (storage.kind !== "planned") continue;
      let buffer = held.get(storage);
      if (buffer === undefined) {
        buffer = takeBuffer(free, bufferBytes, bytesOf(shape, layout, capacities));
        held.set(storage, buffer);
      }
      bufferOf.set(value, buffer);
    }
    for (const storage of storagesOf(node)) {
      const buffer = held.get(storage);
      if (buffer !== undefined && lastUse.get(storage) === i) free.push(buffer);
    }
  });
  return { bufferBytes, bufferOf };
}

/** Index of the last node that reads or writes each storage; for outputs, an index past the last node. */
function lastUses({ nodes, outputs }: Graph): Map<Storage, number> {
  const lastUse = new Map<Storage, number>();
  nodes.forEach((node, i) => {
    for (const storage of storagesOf(node)) lastUse.set(storage, i);
  });
  for (const { storage } of outputs.values()) lastUse.set(storage, nodes.length);
  return lastUse;
}

function storagesOf(node: Node): Set<Storage> {
  return new Set([...inputsOf(node), ...outputsOf(node)].map(({ storage }) => storage));
}

/** The smallest free buffer that fits; if none fits, the largest free one, grown; if none is free, a new one. */
function takeBuffer(free: number[], bufferBytes: number[], bytes: number): number {
  const size = (buffer: number) => bufferBytes[buffer] as number;
  free.sort((a, b) => size(a) - size(b));
  const fitting = free.findIndex((buffer) => size(buffer) >= bytes);
  const at = fitting >= 0 ? fitting : free.length - 1;
  if (at < 0) return bufferBytes.push(bytes) - 1;
  const [buffer] = free.splice(at, 1) as [number];
  bufferBytes[buffer] = Math.max(size(buffer), bytes);
  return buffer;
}
