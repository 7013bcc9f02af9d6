/** Small graphs of real kernels, and what they compute. */

import type { Gpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { gatherRows } from "../../src/graph/ops/rows/gather_rows.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { Program, type RunOptions } from "../../src/graph/program/program.ts";
import { activation, ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import type { BytesOf } from "../../src/graph/program/memory_plan.ts";
import { bytesOf, type Scalars } from "../../src/graph/shape.ts";

/** The bytes of each value in a call. */
export function bytesIn(scalars: Scalars): BytesOf {
  return ({ shape, layout }) => bytesOf(shape, layout, scalars);
}

/** Columns of the example's matrix: not a multiple of 4, so that rows are padded. */
export const COLUMNS = 5;

/**
 * `picked = relu(x)[index]`, `[R, 5]`, and `flat`, the rows of `relu(x)` two to a row, `[pairs, 10]`: over T rows of x and
 * R of the index, with one buffer used again and one result read by two kernels.
 */
export function exampleProgram(gpu: Gpu): Program {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", COLUMNS], "pitched");
  const index = g.input("index", "u32", ["R"]);
  const { out } = g.call(activation, {
    label: "relu",
    inputs: { x },
    outputs: { out: { shape: ["T", COLUMNS] } },
    params: ({ T }) => ({ count: (T as number) * pitch(COLUMNS), activation: ACTIVATION_CODES.relu }),
  });
  g.output("flat", reshape(g, { label: "flat", x: out, shape: ["pairs", 2 * COLUMNS] }));
  const first = gatherRows(g, { label: "first", x: out, index });
  g.output("picked", gatherRows(g, { label: "second", x: first, index: g.input("order", "u32", ["R"]) }));
  return new Program(gpu, g);
}

/** Numbers for one run of the example over `rows` rows, an even number, that differ by `seed`. */
export function exampleRun(rows: number, seed: number): RunOptions {
  const x = new Float32Array(rows * pitch(COLUMNS));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < COLUMNS; c++) x[r * pitch(COLUMNS) + c] = Math.sin(seed + r * COLUMNS + c);
  }
  const count = Math.ceil(rows / 2);
  const index = Uint32Array.from({ length: count }, (_, i) => (7 * i + seed) % rows);
  const order = Uint32Array.from({ length: count }, (_, i) => count - 1 - i);
  return { scalars: { T: rows, R: count, pairs: rows / 2 }, inputs: { x, index, order } };
}

/** What the example gives for a run, by plain loops. */
export function exampleResult({ scalars, inputs }: RunOptions): { flat: Float32Array; picked: Float32Array } {
  const { T = 0, R = 0 } = scalars;
  const { x, index, order } = inputs as { x: Float32Array; index: Uint32Array; order: Uint32Array };
  const relu = (r: number, c: number) => Math.max(0, x[r * pitch(COLUMNS) + c]!);
  return {
    flat: Float32Array.from({ length: T * COLUMNS }, (_, i) => relu(Math.floor(i / COLUMNS), i % COLUMNS)),
    picked: Float32Array.from(
      { length: R * COLUMNS },
      (_, i) => relu(index[order[Math.floor(i / COLUMNS)]!]!, i % COLUMNS),
    ),
  };
}
