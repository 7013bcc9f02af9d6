/**
 * Assigns intermediate values to buffers.
 *
 * A buffer cannot be bound read-only and writable in one dispatch, so memory is planned in whole buffers. A value has
 * its buffer from the node that writes it to the last node that uses it. All versions of a value that is updated in
 * place share one storage, and so one buffer.
 */

import type { Graph } from "../graph.ts";
import { inputsOf, type Node, outputsOf, type Storage, type Value } from "../value.ts";

/** Bytes for which a value must have room. */
export type BytesOf = (value: Value) => number;

/** Buffers by size, and the buffer of each intermediate value. */
export interface MemoryPlan {
  /** Bytes of each buffer. */
  readonly bufferBytes: readonly number[];
  /** Index of the buffer that holds a value. */
  readonly bufferOf: ReadonlyMap<Value, number>;
}

/** A storage while it is in use, by indices of nodes. */
interface Lifetime {
  readonly storage: Storage;
  readonly bytes: number;
  readonly first: number;
  /** Inclusive; of outputs, an index past the last node. */
  readonly last: number;
}

/**
 * Assigns buffers for a graph whose values have room for `bytesOf` bytes; outputs keep theirs to the end.
 *
 * The largest values come first, each into the smallest buffer that is not in use meanwhile. So no buffer is larger than
 * the largest value in it, and small values fill the gaps that large ones leave.
 *
 * Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020 (greedy by size for
 * shared objects).
 */
export function planMemory(graph: Graph, bytesOf: BytesOf): MemoryPlan {
  const lifetimes = lifetimesOf(graph, bytesOf).sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const bufferBytes: number[] = [];
  const inUse: Lifetime[][] = [];
  const held = new Map<Storage, number>();
  for (const lifetime of lifetimes) {
    // Buffers are made in the order of falling sizes, so the last one that is free is the smallest.
    let buffer = inUse.findLastIndex((others) => !others.some((other) => overlap(lifetime, other)));
    if (buffer < 0) {
      buffer = bufferBytes.push(lifetime.bytes) - 1;
      inUse.push([]);
    }
    (inUse[buffer] as Lifetime[]).push(lifetime);
    held.set(lifetime.storage, buffer);
  }
  const bufferOf = new Map<Value, number>();
  for (const value of graph.nodes.flatMap(outputsOf)) {
    const buffer = held.get(value.storage);
    if (buffer !== undefined) bufferOf.set(value, buffer);
  }
  return { bufferBytes, bufferOf };
}

/** The lifetimes of all storages that need a buffer. */
function lifetimesOf({ nodes, outputs, kept }: Graph, bytesOf: BytesOf): Lifetime[] {
  const found = new Map<Storage, { bytes: number; first: number; last: number }>();
  nodes.forEach((node, i) => {
    for (const value of outputsOf(node)) {
      const { storage } = value;
      if (storage.kind !== "planned" || found.has(storage)) continue;
      found.set(storage, { bytes: bytesOf(value), first: i, last: i });
    }
    for (const storage of storagesOf(node)) {
      const lifetime = found.get(storage);
      if (lifetime !== undefined) lifetime.last = i;
    }
  });
  for (const { storage } of [...outputs.values(), ...kept.values()]) {
    const lifetime = found.get(storage);
    if (lifetime !== undefined) lifetime.last = nodes.length;
  }
  return [...found].map(([storage, lifetime]) => ({ storage, ...lifetime }));
}

function storagesOf(node: Node): Set<Storage> {
  return new Set([...inputsOf(node), ...outputsOf(node)].map(({ storage }) => storage));
}

function overlap(one: Lifetime, other: Lifetime): boolean {
  return one.first <= other.last && other.first <= one.last;
}
