/**
 * What a kernel's conformance cases are, and how one is judged: the kernel runs on the GPU, its outputs must be the
 * values of the float64 twin, each within its bound, and nothing may be left unwritten.
 *
 * A kernel `name` has its cases in `cases/<name>.ts`, which exports a generator, so that few are in memory at a time:
 *
 *     export function* cases(): Cases<typeof softmax> {
 *       yield { name: "1 x 1", params: { rows: 1, columns: 1 }, buffers: { x, out: 16 }, expected: { out: {...} } };
 *     }
 */

import { setImmediate } from "node:timers";
import type { Gpu } from "../../src/gpu/device.ts";
import type { Constants, Kernel, Params } from "../../src/kernels/kernel.ts";
import { type BufferContents, type Launch, prepareLaunch } from "../../src/kernels/launch.ts";

/** What one output buffer must hold. */
export interface Expected {
  /** The twin's values. 32-bit integer arrays are compared bit by bit, Float64Array within {@linkcode bound}. */
  values: Float64Array | Uint32Array | Int32Array;
  /** Which elements of the buffer `values` are, in order; left out, `values` is the whole buffer. */
  at?: Uint32Array;
  /** Largest |found - expected|: one for all, or one a value; 0 where left out. Not used for integers. */
  bound?: number | Float64Array;
}

/** One run of a kernel. */
export interface ConformanceCase<F extends string = string, B extends string = string> {
  /** Tells the case from the kernel's others, for messages. */
  name: string;
  /** Differences from the kernel's default constants; together the cases must use every variant of the kernel. */
  constants?: Constants;
  params: Params<F>;
  /** Contents of every binding; a size in bytes where the kernel must write all that is compared (it starts as NaN). */
  buffers: Readonly<Record<B, BufferContents>>;
  /** What the outputs must hold, by binding. */
  expected: Readonly<Partial<Record<B, Expected>>>;
}

/** The cases of the kernel type `K`, made one at a time. */
export type Cases<K> = K extends Kernel<infer F, infer B> ? Generator<ConformanceCase<F, B>, void> : never;

/**
 * Runs one case; returns what is wrong with it, or null where all is right. `gpu` should be a poisoned one. Of cases that
 * run side by side on one, each may be told of what went wrong on the device.
 */
export async function judge(gpu: Gpu, kernel: Kernel, test: ConformanceCase): Promise<string | null> {
  const bindings = Object.keys(test.expected);
  if (bindings.length === 0) return "the case expects nothing";
  let launch: Launch<string> | null = null;
  let outputs: Float32Array[];
  try {
    const { run, read } = launch = await prepareLaunch(gpu, kernel, test);
    run();
    await new Promise((resolve) => setImmediate(resolve)); // Cases beside this one begin first, since reading waits.
    outputs = await Promise.all(bindings.map((binding) => read(binding)));
  } catch (error) {
    return String(error);
  } finally {
    launch?.dispose();
  }
  for (const [i, binding] of bindings.entries()) {
    const difference = compare(outputs[i] as Float32Array, test.expected[binding] as Expected);
    if (difference !== null) return `${binding}${difference}`;
  }
  return null;
}

/** The worst element of `found` that is out of its bound, in words; null where there is none. NaN is always out. */
export function compare(found: Float32Array, { values, at, bound = 0 }: Expected): string | null {
  if (at === undefined && found.length !== values.length) {
    return `: expected ${values.length} elements, got ${found.length}`;
  }
  const read = values instanceof Float64Array
    ? found
    : values instanceof Uint32Array
    ? new Uint32Array(found.buffer, found.byteOffset, found.length)
    : new Int32Array(found.buffer, found.byteOffset, found.length);
  const index = (i: number) => at === undefined ? i : at[i] as number;
  const limit = (i: number) =>
    !(values instanceof Float64Array) ? 0 : typeof bound === "number" ? bound : bound[i] ?? 0;
  let worst = -1;
  let worstExcess = 0;
  let wrong = 0;
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs((read[index(i)] ?? NaN) - (values[i] as number));
    if (error <= limit(i)) continue;
    wrong++;
    const excess = Number.isNaN(error) ? Infinity : error / Math.max(limit(i), 1e-30);
    if (excess > worstExcess) [worst, worstExcess] = [i, excess];
  }
  if (wrong === 0) return null;
  const place = `[${index(worst)}]: expected ${values[worst]} within ${limit(worst)}, got ${read[index(worst)]}`;
  return `${place} (${wrong} of ${values.length} wrong)`;
}
