/** Scalars that a call gives: each is declared, and each is given. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { Program } from "../../src/graph/program/program.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { bufferOf, matrixOf } from "./buffers.ts";

const gpu = await requestGpu();

Deno.test("symbols of shapes declare themselves, as u32, and a name has one type", () => {
  const g = new Graph();
  g.input("x", "f32", ["T", 4]);
  const rate = g.scalar("rate", "f32");
  assert.equal(g.scalar("rate", "f32"), rate);
  assert.deepEqual([...g.scalars.values()], [{ name: "T", dtype: "u32" }, { name: "rate", dtype: "f32" }]);
  assert.throws(() => g.scalar("T", "f32"), /Cannot declare scalar "T" as f32: it is u32 already/);
  assert.throws(() => g.input("y", "f32", ["rate", 4]), /Cannot declare scalar "rate" as u32: it is f32 already/);
});

Deno.test("a call gives exactly the scalars that are declared, each of its type", async () => {
  const g = new Graph(tuningOf(gpu));
  const to = g.resident("to", "f32", ["T", 4]);
  g.output("out", addScaled(g, { label: "add", to, x: g.input("x", "f32", ["T", 4]), scale: g.scalar("rate", "f32") }));
  const program = new Program(gpu, g);
  const buffer = bufferOf(gpu, matrixOf(2, 4, () => 1));
  const run = async (scalars: Record<string, number>) => {
    const x = new Float32Array(4).fill(2);
    return (await program.run({ scalars, inputs: { x }, residents: { to: buffer } })).outputs.get("out")!.data[0];
  };
  assert.equal(await run({ T: 1, rate: 0.5 }), 2);
  assert.equal(await run({ T: 1, rate: -1 }), 0, "the same sizes with another rate");
  await assert.rejects(run({ T: 1 }), /Cannot run the program: scalar "rate" is missing/);
  await assert.rejects(run({ T: 1, rate: 1, Rate: 1 }), /scalar "Rate" is not declared; the graph declares T, rate/);
  for (const T of [NaN, 0.5, -1, 2 ** 32, Infinity]) {
    await assert.rejects(run({ T, rate: 1 }), {
      name: "RangeError",
      message: `Cannot run the program: scalar "T" must be a whole number from 0 to 4294967295, got ${T}`,
    });
  }
  await assert.rejects(run({ T: 1, rate: NaN }), /scalar "rate" must be a finite number, got NaN/);
  assert.equal(await run({ T: 1, rate: 2 }), 4);
  program.dispose();
  gpu.buffers.release(buffer);
});
