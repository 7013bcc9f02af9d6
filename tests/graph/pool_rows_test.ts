/** The op `pool_rows` in a program gives what its twin gives, at a width that is not a multiple of 4. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { poolRows } from "../../src/graph/ops/rows/pool_rows.ts";
import { Program } from "../../src/graph/program/program.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { POOL_CODES } from "../../src/kernels/rows/pool_rows.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrix, random } from "../conformance/data.ts";
import { poolRows as twin } from "../reference/pool_rows.ts";

const COLUMNS = 5;

Deno.test("pool_rows in a program pools each segment in its own way", async () => {
  const gpu = await requestGpu();
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", COLUMNS], "pitched");
  const table = g.input("table", "u32", ["words"]);
  g.output("out", poolRows(g, { label: "pool", x, table, segments: "segments" }));
  const program = new Program(gpu, g);
  const codes = Object.values(POOL_CODES);
  for (const tokens of [1, 6]) {
    const inputs = {
      x: matrix(tokens, COLUMNS, random(tokens)),
      table: Uint32Array.from(codes.flatMap((code) => [tokens - 1, tokens, code, 3, 0, tokens, code, 0])),
    };
    const scalars = { T: tokens, segments: 2 * codes.length, words: 8 * codes.length };
    const out = (await program.run({ scalars, inputs })).outputs.get("out");
    const expected = twin(inputs.x, inputs.table, COLUMNS);
    assert.deepEqual(out!.dims, [scalars.segments, COLUMNS]);
    for (let i = 0; i < out!.data.length; i++) {
      const value = expected[Math.floor(i / COLUMNS) * pitch(COLUMNS) + i % COLUMNS] as number;
      assert(Math.abs((out!.data[i] as number) - value) < 1e-6, `${tokens} rows: ${value}, got ${out!.data[i]}`);
    }
  }
  program.dispose();
});
