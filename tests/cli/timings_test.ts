import assert from "node:assert/strict";
import { Timings } from "../../src/cli/timings.ts";
import { PipelineCache } from "../../src/gpu/pipelines.ts";
import { activation } from "../../src/kernels/rows/activation.ts";
import { fakeDevice, limits } from "../gpu/fake_devices.ts";

Deno.test("laps add up by phase, in the order of the phases", () => {
  const timings = new Timings();
  timings.lap("process", 10);
  timings.lap("import", 40);
  timings.lap("upload", 45);
  timings.lap("read", 65);
  timings.lap("upload", 145);
  timings.lap("run", 1145);
  assert.deepEqual(timings.report().split("\n").map((line) => line.slice(0, 18)), [
    "process      10 ms",
    "import       30 ms",
    "read         20 ms",
    "upload       85 ms",
    "run        1000 ms",
    "total      1145 ms",
    "",
  ]);
});

Deno.test("compiling is taken out of the lap in which it happens; what overlaps counts once", async () => {
  const pipelines = new PipelineCache(
    fakeDevice({
      createShaderModule: () => ({}),
      pushErrorScope() {},
      popErrorScope: () => Promise.resolve(null),
      createBindGroupLayout: () => ({}),
      createPipelineLayout: () => ({}),
      createComputePipelineAsync: () => new Promise((resolve) => setTimeout(() => resolve({}), 40)),
    }),
    limits(),
  );
  const request = activation.request(activation.constants());
  await pipelines.compile("before", request);
  const timings = new Timings();
  timings.lap("import");
  const start = performance.now();
  timings.watch(pipelines);
  await Promise.all([pipelines.compile("one", request), pipelines.compile("other", request)]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  timings.lap("run");
  const spent = performance.now() - start;
  const lines = timings.report().trim().split("\n").map((line) => line.split(/ +/));
  const { compile = 0, run = 0 } = Object.fromEntries(lines.map(([phase, time]) => [phase, Number(time)]));
  assert(compile >= 39 && run >= 19, `${compile} and ${run} ms`);
  assert(Math.abs(compile + run - spent) <= 2, `${compile} and ${run} in ${spent} ms`);
});
