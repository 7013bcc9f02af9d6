/**
 * Compiles every kernel of the registry, those that measure too, under every set of constants in use, in headless
 * Chromium: `deno task chromium`. One test for each, and a few that show that the check has teeth.
 */
import assert from "node:assert/strict";
import { KERNELS, MEASURING_KERNELS } from "../../src/kernels/registry.ts";
import type { PipelineRequest } from "../../src/gpu/pipelines.ts";
import { ShaderBrowser } from "./browser.ts";

const browser = await ShaderBrowser.launch();
console.log(`Compiling with Chromium on ${browser.adapter}`);
Deno.test.afterAll(() => browser[Symbol.asyncDispose]());

for (const kernel of [...KERNELS, ...MEASURING_KERNELS]) {
  for (const constants of kernel.constantSets()) {
    const request = kernel.request(constants);
    if (request.features?.includes("shader-f16")) continue; // SwiftShader lacks it: see below.
    Deno.test(`Chromium compiles ${request.key}`, async () => {
      assert.equal(await browser.compile(request), null);
    });
  }
}

Deno.test("what is compiled with 16-bit weights is what was compiled with 32-bit ones, but for the alias", () => {
  const halves = KERNELS.filter((kernel) => kernel.request(kernel.constants()).features?.includes("shader-f16"));
  const ofKernels = KERNELS.flatMap(({ f16 }) => f16 ?? []);
  assert.deepEqual(halves, ofKernels);
  for (const { source, f16 } of KERNELS) {
    if (f16 !== null) assert.equal(f16.source.replace("enable f16;\n", "").replace("vec4<f16>", "vec4<f32>"), source);
  }
});

/** A kernel that doubles a buffer, with `body` between the load and the store. */
function sample(body: string, constants: Record<string, number> = {}): PipelineRequest {
  const source = `
    override SIZE: u32 = 64;
    struct Params { count: u32 }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read_write> data: array<f32>;
    @compute @workgroup_size(SIZE) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < params.count) { ${body} data[id.x] *= 2; }
    }`;
  return {
    name: "sample",
    source,
    entry: "main",
    constants,
    bindings: ["write"],
    workgroupSize: [64, 1, 1],
    workgroupBytes: 0,
  };
}

Deno.test("Chromium compiles a sound sample", async () => {
  assert.equal(await browser.compile(sample("", { SIZE: 32 })), null);
});

Deno.test("Chromium reports a syntax error with its line", async () => {
  assert.match(await browser.compile(sample("let x = ;")) ?? "no error", /^7:\d+ /);
});

Deno.test("Chromium reports a barrier in control flow that is not uniform", async () => {
  assert.match(await browser.compile(sample("workgroupBarrier();")) ?? "no error", /uniform control flow/);
});

Deno.test("Chromium reports a constant that the shader lacks", async () => {
  assert.match(await browser.compile(sample("", { TILE: 8 })) ?? "no error", /TILE/);
});

Deno.test("Chromium reports a binding that is used otherwise than declared", async () => {
  const request: PipelineRequest = { ...sample(""), bindings: ["read"] };
  assert.match(await browser.compile(request) ?? "no error", /binding/i);
});
