/** The GPU buffers that a call binds by name. */

import type { Graph } from "../graph.ts";
import { bytesOf, dimsOf, type Scalars } from "../shape.ts";

/** Buffers by the names of a graph's residents. */
export type Residents = Readonly<Record<string, GPUBuffer>>;

/** The usage that residents must have: bound to kernels, and read by copies. */
const USAGE = 0x80 | 0x04; // STORAGE | COPY_SRC

/**
 * Checks the buffers of a call.
 *
 * @throws {Error} Naming the first that is missing, too small, without a usage that it must have, or not declared.
 */
export function checkResidents(graph: Graph, given: Residents, scalars: Scalars): void {
  for (const [name, { shape, layout }] of graph.residents) {
    const buffer = given[name];
    if (buffer === undefined) throw new Error(`Cannot run the program: resident "${name}" is missing`);
    const bytes = bytesOf(shape, layout, scalars);
    if (buffer.size < bytes) {
      const dims = dimsOf(shape, scalars).join(", ");
      throw new Error(
        `Cannot run the program: resident "${name}" [${dims}] needs ${bytes} bytes, got a buffer of ${buffer.size}`,
      );
    }
    if ((buffer.usage & USAGE) !== USAGE) {
      throw new Error(
        `Cannot run the program: resident "${name}" must be a buffer with usage STORAGE and COPY_SRC, ` +
          `got usage ${buffer.usage}`,
      );
    }
  }
  for (const name of Object.keys(given)) {
    if (graph.residents.has(name)) continue;
    const known = [...graph.residents.keys()].join(", ") || "none";
    throw new Error(`Cannot run the program: resident "${name}" is not declared; the graph declares ${known}`);
  }
}

/**
 * Whether a call binds the same buffers as an earlier call, which were checked.
 *
 * @param checked A copy that no caller can change, so that it is the same as itself.
 */
export function sameResidents(checked: Residents, given: Residents): boolean {
  if (given === checked) return true;
  for (const name in checked) if (given[name] !== checked[name]) return false;
  for (const name in given) if (!(name in checked)) return false;
  return true;
}

const numbers = new WeakMap<GPUBuffer, number>();
let count = 0;

/** A unique number of a buffer, for keys of bind groups. */
export function numberOf(buffer: GPUBuffer): number {
  let number = numbers.get(buffer);
  if (number === undefined) numbers.set(buffer, number = count++);
  return number;
}
