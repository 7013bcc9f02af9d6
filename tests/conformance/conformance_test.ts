/** Every kernel of the registry, in every variant, against its float64 twin. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { pipelineKey } from "../../src/gpu/pipelines.ts";
import type { Kernel } from "../../src/kernels/kernel.ts";
import { KERNELS, MEASURING_KERNELS } from "../../src/kernels/registry.ts";
import { compare, type ConformanceCase } from "./conformance.ts";
import { importCases } from "./import_cases.ts";
import { judgeAll } from "./judge_all.ts";

const gpu = await requestGpu();

/** The results of this one differ between drivers: that is what it is for. */
const WITHOUT_TWIN = ["fingerprint"];

for (const kernel of [...KERNELS, ...MEASURING_KERNELS].filter(({ name }) => !WITHOUT_TWIN.includes(name))) {
  Deno.test(`kernel ${kernel.name} conforms to its twin in every variant, or is refused without its features`, async () => {
    const { cases } = await importCases(kernel.name);
    const lacking = kernel.request(kernel.constants()).features?.find((feature) => !gpu.features.has(feature));
    const { variants, wrong } = lacking === undefined
      ? await judgeAll(kernel, cases())
      : { variants: keysOf(kernel, cases()), wrong: [] };
    assert.deepEqual(wrong, [], `${wrong.length} cases are out of bounds`);
    const keys = kernel.constantSets().map((constants) => pipelineKey(kernel.name, constants));
    const untested = keys.filter((key) => !variants.has(key));
    assert.deepEqual(untested, [], "variants without a case");
    if (lacking === undefined) return;
    for (const constants of kernel.constantSets()) {
      const request = kernel.request(constants);
      await assert.rejects(gpu.pipelines.compile(request.key, request), {
        name: "RangeError",
        message: `Cannot run kernel ${kernel.name} on this device: it lacks the feature ${lacking}`,
      });
    }
  });
}

/** The variants that cases use. */
function keysOf(kernel: Kernel, cases: Iterable<ConformanceCase>): Set<string> {
  const keys = new Set<string>();
  for (const { constants } of cases) keys.add(kernel.request(kernel.constants(constants)).key);
  return keys;
}

Deno.test("a kernel without cases is named, with the file that it lacks", async () => {
  await assert.rejects(importCases("negate"), { message: "kernel negate has no tests/conformance/cases/negate.ts" });
});

Deno.test("kernels have names of their own", () => {
  const names = [...KERNELS, ...MEASURING_KERNELS].map((kernel) => kernel.name);
  assert.deepEqual([...new Set(names)], names);
});

Deno.test("the judge finds NaN, values out of bounds, other bits of integers, and missing elements", () => {
  const values = Float64Array.of(1, 2, 3);
  assert.equal(compare(Float32Array.of(1, 2.25, 3), { values, bound: 0.25 }), null);
  assert.match(compare(Float32Array.of(1, 2.5, 3.25), { values, bound: 0.25 }) ?? "", /^\[1\]: .* \(1 of 3 wrong\)$/);
  assert.match(compare(Float32Array.of(1, 2.25, 3), { values, bound: Float64Array.of(1, 0, 1) }) ?? "", /^\[1\]/);
  assert.match(compare(Float32Array.of(1, 2, NaN), { values, bound: Infinity }) ?? "", /^\[2\]: .* got NaN/);
  assert.match(compare(Float32Array.of(1, 2), { values }) ?? "", /expected 3 elements, got 2/);
  assert.equal(compare(Float32Array.of(0, 3, 0, 1), { values: Float64Array.of(1, 3), at: Uint32Array.of(3, 1) }), null);
  const bits = new Uint32Array(new Float32Array([1, 2]).buffer);
  assert.equal(compare(Float32Array.of(1, 2), { values: bits }), null);
  assert.match(compare(Float32Array.of(1, 2.0000002), { values: bits }) ?? "", /^\[1\]/);
});
