/** What GPU buffers hold, padding columns included. */

import type { Gpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program/program.ts";

/** The elements of a buffer of whole vec4s, by `rows` of them. */
export async function rawOf(gpu: Gpu, buffers: Readonly<Record<string, [GPUBuffer, rows: number]>>) {
  const g = new Graph();
  for (const [name, [, rows]] of Object.entries(buffers)) g.output(name, g.resident(name, "f32", [rows, 4]));
  const program = new Program(gpu, g);
  const residents = Object.fromEntries(Object.entries(buffers).map(([name, [buffer]]) => [name, buffer]));
  const { outputs } = await program.run({ scalars: {}, inputs: {}, residents });
  program.dispose();
  return new Map([...outputs].map(([name, { data }]) => [name, data as Float32Array<ArrayBuffer>]));
}
