/** The GPU buffers that a call is given by name: those that it binds, and those that it copies results to. */

import type { Graph } from "../graph.ts";
import { bytesOf, dimsOf, type Scalars } from "../shape.ts";
import type { Value } from "../value.ts";

/** Buffers by the names of a graph's residents, or of the results that it keeps on the GPU. */
export type Residents = Readonly<Record<string, GPUBuffer>>;

/** The usages that buffers must have: residents are bound to kernels and read by copies, the others are copied to. */
const USAGES = {
  resident: { bits: 0x80 | 0x04, names: "STORAGE and COPY_SRC" },
  "kept result": { bits: 0x08, names: "COPY_DST" },
};

/**
 * Checks the residents of a call.
 *
 * @throws {Error} Naming the first that is missing, too small, without a usage that it must have, or not declared.
 */
export function checkResidents({ residents }: Graph, given: Residents, scalars: Scalars): void {
  checkBuffers("resident", residents, { given, scalars });
}

/** Checks the buffers for the results that a call keeps on the GPU. @throws {Error} As {@linkcode checkResidents}. */
export function checkKept({ kept }: Graph, given: Residents, scalars: Scalars): void {
  checkBuffers("kept result", kept, { given, scalars });
}

function checkBuffers(
  kind: keyof typeof USAGES,
  declared: ReadonlyMap<string, Value>,
  { given, scalars }: { given: Residents; scalars: Scalars },
): void {
  const { bits, names } = USAGES[kind];
  for (const [name, { shape, layout }] of declared) {
    const buffer = given[name];
    if (buffer === undefined) throw new Error(`Cannot run the program: ${kind} "${name}" is missing`);
    const bytes = bytesOf(shape, layout, scalars);
    if (buffer.size < bytes) {
      const dims = dimsOf(shape, scalars).join(", ");
      throw new Error(
        `Cannot run the program: ${kind} "${name}" [${dims}] needs ${bytes} bytes, got a buffer of ${buffer.size}`,
      );
    }
    if ((buffer.usage & bits) !== bits) {
      throw new Error(
        `Cannot run the program: ${kind} "${name}" must be a buffer with usage ${names}, got usage ${buffer.usage}`,
      );
    }
  }
  for (const name of Object.keys(given)) {
    if (declared.has(name)) continue;
    const known = [...declared.keys()].join(", ") || "none";
    throw new Error(`Cannot run the program: ${kind} "${name}" is not declared; the graph declares ${known}`);
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
