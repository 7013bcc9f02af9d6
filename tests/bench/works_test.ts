/** `bench/kernels_bench.ts` has works for every kernel; making and timing them is left to the bench. */

import assert from "node:assert/strict";
import { WORKS, worksOf } from "../../bench/kernels/works.ts";
import { KERNELS } from "../../src/kernels/registry.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";

Deno.test("every kernel of the registry has works in bench/kernels/works.ts, and no other has", () => {
  const kernels = KERNELS.map(({ name }) => name);
  const without = kernels.filter((name) => !Object.hasOwn(WORKS, name));
  assert.deepEqual(without, [], `bench/kernels/works.ts has no line for kernel ${without.join(", ")}; add one`);
  const unknown = Object.keys(WORKS).filter((name) => !kernels.includes(name));
  assert.deepEqual(unknown, [], `bench/kernels/works.ts has a line for ${unknown.join(", ")}, which is no kernel`);
});

Deno.test("what a contract says that a kernel computes is what its works count, which were counted by hand", () => {
  const counted = KERNELS.filter(({ name, work }) => work.operations !== undefined && !name.endsWith("_f16"));
  assert.ok(counted.length >= 11, `${counted.length} kernels count operations`);
  for (const kernel of counted) {
    for (const { name, params, constants, buffers, amount } of worksOf(kernel, defaultTuning("software"))) {
      const words = (binding: string) => (buffers as Record<string, unknown>)[binding] as Uint32Array;
      const operations = kernel.work.operations!(params, kernel.constants(constants), words);
      assert.ok("gflop" in amount, `${kernel.name} ${name}`);
      assert.ok(Math.abs(operations / 1e9 - amount.gflop) < 1e-9, `${kernel.name} ${name}: ${operations}`);
    }
  }
});
