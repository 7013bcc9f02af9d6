/** `bench/kernels_bench.ts` has works for every kernel; making and timing them is left to the bench. */

import assert from "node:assert/strict";
import { WORKS } from "../../bench/kernels/works.ts";
import { KERNELS } from "../../src/kernels/registry.ts";

Deno.test("every kernel of the registry has works in bench/kernels/works.ts, and no other has", () => {
  const kernels = KERNELS.map(({ name }) => name);
  const without = kernels.filter((name) => !Object.hasOwn(WORKS, name));
  assert.deepEqual(without, [], `bench/kernels/works.ts has no line for kernel ${without.join(", ")}; add one`);
  const unknown = Object.keys(WORKS).filter((name) => !kernels.includes(name));
  assert.deepEqual(unknown, [], `bench/kernels/works.ts has a line for ${unknown.join(", ")}, which is no kernel`);
});
