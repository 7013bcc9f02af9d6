/**
 * Which intermediate lives in which buffer.
 *
 * A buffer cannot be bound read-only and writable in one dispatch, so memory is planned in whole buffers: a value gets a
 * buffer at the node that writes it and gives it back after the last node that reads it.
 */

import { type Graph, inputsOf, outputsOf, type Value } from "./graph.ts";
import { bytesOf, type Sizes } from "./shape.ts";

/** Buffers by size, and the buffer of each intermediate value. */
export interface MemoryPlan {
  /** Bytes of each buffer. */
  readonly bufferBytes: readonly number[];
  /** Index of the buffer that holds a value. */
  readonly bufferOf: ReadonlyMap<Value, number>;
}

/** Assigns buffers for a graph at the given capacities; outputs keep theirs to the end. */
export function planMemory(graph: Graph, capacities: Sizes): MemoryPlan {
  const lastUse = new Map<Value, number>();
  graph.nodes.forEach((node, i) => {
    for (const value of [...inputsOf(node), ...outputsOf(node)]) lastUse.set(value, i);
  });
  for (const value of graph.outputs.values()) lastUse.set(value, graph.nodes.length);

  const bufferBytes: number[] = [];
  const bufferOf = new Map<Value, number>();
  const free: number[] = [];
  graph.nodes.forEach((node, i) => {
    for (const value of outputsOf(node)) {
      const bytes = bytesOf(value.shape, value.layout, capacities);
      bufferOf.set(value, takeBuffer(free, bufferBytes, bytes));
    }
    for (const value of new Set([...inputsOf(node), ...outputsOf(node)])) {
      const buffer = bufferOf.get(value);
      if (buffer !== undefined && lastUse.get(value) === i) free.push(buffer);
    }
  });
  return { bufferBytes, bufferOf };
}

/** The smallest free buffer that fits, else the largest free one, grown, else a new one. */
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
