import assert from "node:assert/strict";
import { Gpu, requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { matmul } from "../../src/graph/ops/products/matmul.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { topK } from "../../src/graph/ops/rows/top_k.ts";
import { Program, type RunOptions } from "../../src/graph/program/program.ts";
import { valueOf } from "../../src/graph/shape.ts";
import { activation, ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { exampleProgram, exampleResult, exampleRun } from "./graphs.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { ownDevice } from "../gpu/own_device.ts";

const gpu = await requestGpu();

/** Runs the example and compares its results with the plain ones. */
async function runAndCompare(program: Program, run: RunOptions): Promise<void> {
  const { outputs } = await program.run(run);
  const { flat, picked } = exampleResult(run);
  assert.deepEqual([...outputs.keys()], ["flat", "picked"]);
  assert.deepEqual(outputs.get("flat"), { data: flat, dims: [run.scalars["pairs"], 10] });
  assert.deepEqual(outputs.get("picked"), { data: picked, dims: [run.scalars["R"], 5] });
}

Deno.test("a run gives every named output, without the padding of rows", async () => {
  const program = exampleProgram(gpu);
  for (const rows of [2, 8, 14, 2]) await runAndCompare(program, exampleRun(rows, rows));
  assert.equal(program.dispatches, 4);
  program.dispose();
});

Deno.test("a run over no rows gives empty outputs", async () => {
  const program = exampleProgram(gpu);
  const { outputs } = await program.run(exampleRun(0, 1));
  assert.deepEqual(outputs.get("flat"), { data: new Float32Array(0), dims: [0, 10] });
  assert.deepEqual(outputs.get("picked"), { data: new Float32Array(0), dims: [0, 5] });
  program.dispose();
});

Deno.test("a call that fits creates no buffer, bind group, pipeline or staging buffer", async () => {
  const program = exampleProgram(gpu);
  await runAndCompare(program, exampleRun(30, 0));
  const warm = gpu.counts;
  for (let rows = 0; rows <= 30; rows += 2) await runAndCompare(program, exampleRun(rows, rows + 1));
  assert.deepEqual(gpu.counts, warm);
  program.dispose();
});

Deno.test("a call that does not fit grows the buffers, with room for more", async () => {
  const before = gpu.buffers.liveBytes;
  const program = exampleProgram(gpu);
  await runAndCompare(program, exampleRun(20, 0));
  const small = program.bytes;
  await runAndCompare(program, exampleRun(200, 1));
  assert.ok(program.bytes > small, `${program.bytes} bytes after ${small}`);
  assert.equal(gpu.buffers.liveBytes - before, program.bytes, "the smaller buffers were given back");
  const grown = gpu.counts;
  await runAndCompare(program, exampleRun(250, 2));
  assert.deepEqual(gpu.counts, grown, "250 rows have room where 200 were");
  program.dispose();
  assert.equal(gpu.buffers.liveBytes, before);
  assert.equal(program.bytes, 0);
});

Deno.test("calls of sizes that fit one by one fit one after the other", async () => {
  const g = new Graph(tuningOf(gpu));
  const rows = g.input("rows", "f32", ["N", 4]);
  const columns = g.input("columns", "f32", ["M", 4]);
  const b = { value: columns, transposed: true };
  g.output(
    "table",
    matmul(g, { label: "table", a: { value: rows }, b, m: "N", n: "M", k: 4, out: { shape: ["N", "M"] } }),
  );
  const program = new Program(gpu, g);
  // 16,384 x 16,384 numbers would be 1 GiB in one buffer; each call has 256 KiB, and its two inputs.
  const largest = 3 * 4 * (16_384 * 4 + 2 * (16_384 * 4 + 4 * 4));
  for (const [N, M] of [[16_384, 4], [4, 16_384], [16_384, 4]] as const) {
    const { outputs } = await program.run({
      scalars: { N, M },
      inputs: { rows: new Float32Array(4 * N), columns: new Float32Array(4 * M) },
    });
    assert.deepEqual(outputs.get("table")!.dims, [N, M]);
    assert.ok(program.bytes <= largest, `${program.bytes} bytes`);
  }
  program.dispose();
});

Deno.test("overlapping runs of all sizes give each its own results", async () => {
  const program = exampleProgram(gpu);
  const runs = [6, 100, 2, 300, 50, 8, 301 * 2].map((rows, i) => runAndCompare(program, exampleRun(rows, i)));
  await Promise.all(runs);
  program.dispose();
});

Deno.test("overlapping calls that fit create nothing either, once as many have overlapped before", async () => {
  const program = exampleProgram(gpu);
  const round = () => Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((i) => runAndCompare(program, exampleRun(20, i))));
  await round();
  const warm = gpu.counts;
  for (let i = 0; i < 3; i++) await round();
  assert.deepEqual(gpu.counts, warm);
  program.dispose();
});

Deno.test("dispose waits for the runs under way, then gives everything back", async () => {
  const before = gpu.buffers.liveBytes;
  const program = exampleProgram(gpu);
  await runAndCompare(program, exampleRun(40, 0));
  const running = [runAndCompare(program, exampleRun(40, 1)), runAndCompare(program, exampleRun(90, 2))];
  program.dispose();
  await assert.rejects(program.run(exampleRun(2, 0)), /Cannot run the model: it was disposed/);
  await Promise.all(running);
  assert.equal(gpu.buffers.liveBytes, before);
  program.dispose();
  assert.equal(gpu.buffers.liveBytes, before);
});

Deno.test("a missing or mis-sized input is an error that names it, and costs nothing", async () => {
  const program = exampleProgram(gpu);
  await runAndCompare(program, exampleRun(6, 0));
  const { scalars, inputs } = exampleRun(6, 1);
  const { index: _, ...missing } = inputs;
  const counts = gpu.counts;
  for (let i = 0; i < 6; i++) {
    await assert.rejects(program.run({ scalars, inputs: missing }), /Cannot run the program: input "index" is missing/);
    const short = { ...inputs, index: new Uint32Array(2) };
    await assert.rejects(program.run({ scalars, inputs: short }), /input "index" \[3\] needs 12 bytes, got 8/);
  }
  await runAndCompare(program, exampleRun(6, 2));
  assert.deepEqual(gpu.counts, counts);
  program.dispose();
});

Deno.test("a missing scalar is an error that names it", async () => {
  const program = exampleProgram(gpu);
  const { scalars: { R: _, ...scalars }, inputs } = exampleRun(6, 1);
  await assert.rejects(program.run({ scalars, inputs }), /scalar "R" is missing/);
  program.dispose();
});

Deno.test("a grid that no device has is an error that says the sizes, and costs nothing", async () => {
  const g = new Graph(tuningOf(gpu));
  const doublings = g.scalar("doublings");
  const { out } = g.call(activation, {
    label: "relu",
    inputs: { x: g.input("x", "f32", ["N", 4]) },
    outputs: { out: { shape: ["N", 4] } },
    params: (scalars) => ({ count: 4 * 2 ** valueOf(doublings, scalars), activation: ACTIVATION_CODES.relu }),
  });
  g.output("out", out);
  const program = new Program(gpu, g);
  const run = (count: number) =>
    program.run({ scalars: { N: 1, doublings: Math.log2(count / 4) }, inputs: { x: Float32Array.of(-1, 0, 1, 2) } });
  await run(4);
  const counts = gpu.counts;
  const beyond = 256 * 65_536 * 65_536;
  const message = new RegExp(`Cannot run kernel activation: at most 65535 workgroups .*count=${beyond}.*smaller batch`);
  for (let i = 0; i < 6; i++) await assert.rejects(run(beyond), { name: "RangeError", message });
  assert.deepEqual((await run(4)).outputs.get("out")!.data, Float32Array.of(0, 0, 1, 2));
  assert.deepEqual(gpu.counts, counts);
  program.dispose();
});

Deno.test("a run that was aborted before does nothing", async () => {
  const program = exampleProgram(gpu);
  const counts = gpu.counts;
  const signal = AbortSignal.abort(new Error("not needed"));
  await assert.rejects(program.run({ ...exampleRun(4, 0), signal }), { message: "not needed" });
  assert.deepEqual(gpu.counts, counts);
  program.dispose();
});

Deno.test("a run that is aborted on the way drops its result, and the next one is right", async () => {
  const program = exampleProgram(gpu);
  await runAndCompare(program, exampleRun(10, 0));
  const counts = gpu.counts;
  const abort = new AbortController();
  const run = program.run({ ...exampleRun(10, 1), signal: abort.signal });
  abort.abort(new Error("changed my mind"));
  await assert.rejects(run, { message: "changed my mind" });
  await runAndCompare(program, exampleRun(10, 2));
  assert.deepEqual(gpu.counts, counts);
  program.dispose();
});

Deno.test("whole numbers come back as such, several outputs of one kernel each by its name", async () => {
  const g = new Graph(tuningOf(gpu));
  const { indices, values } = topK(g, { label: "best", x: g.input("x", "f32", ["N", 4]), k: 2 });
  g.output("indices", indices);
  g.output("values", values);
  const program = new Program(gpu, g);
  const x = Float32Array.of(1, 4, 3, 2, -1, -1, 0, -2);
  const { outputs } = await program.run({ scalars: { N: 2 }, inputs: { x } });
  assert.deepEqual(outputs.get("indices"), { data: Uint32Array.of(1, 2, 2, 0), dims: [2, 2] });
  assert.deepEqual(outputs.get("values"), { data: Float32Array.of(4, 3, 0, -1), dims: [2, 2] });
  program.dispose();
});

Deno.test("outputs do not share memory: one can be transferred without the others", async () => {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["N", 4]);
  g.output("a", reshape(g, { label: "a", x, shape: ["N", 4] }));
  g.output("b", reshape(g, { label: "b", x, shape: ["half", 8] }));
  const program = new Program(gpu, g);
  const { outputs } = await program.run({ scalars: { N: 2, half: 1 }, inputs: { x: new Float32Array(8).fill(3) } });
  const [a, b] = [outputs.get("a")!.data, outputs.get("b")!.data];
  assert.equal(a.buffer.byteLength, a.byteLength);
  structuredClone(a.buffer, { transfer: [a.buffer as ArrayBuffer] });
  assert.deepEqual(b, new Float32Array(8).fill(3));
  program.dispose();
});

Deno.test("checked and poisoned devices give the same results", async () => {
  const device = await ownDevice();
  const careful = new Gpu(device, { checked: true, poisoned: true });
  const program = exampleProgram(careful);
  for (const rows of [4, 40, 6]) await runAndCompare(program, exampleRun(rows, rows));
  program.dispose();
  assert.equal(careful.buffers.liveBytes, 0);
  device.destroy();
});
