/** `bench/kernels_bench.ts` has works for every kernel; making and timing them is left to the bench. */

import assert from "node:assert/strict";
import { WORKS } from "../../bench/kernels/works.ts";
import { KERNELS } from "../../src/kernels/registry.ts";

Deno.test("every kernel of the registry has works in bench/kernels/works.ts, and no other has", () => {
  assert.deepEqual(Object.keys(WORKS).toSorted(), KERNELS.map(({ name }) => name).toSorted());
});
