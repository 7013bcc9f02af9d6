/** What runs where: candidates, shipped choices, and what takes their place. */

import assert from "node:assert/strict";
import type { AdapterClass } from "../../src/gpu/adapter.ts";
import type { Gpu } from "../../src/gpu/device.ts";
import { pipelineKey } from "../../src/gpu/pipelines.ts";
import { variantOf } from "../../src/kernels/kernel.ts";
import { attention } from "../../src/kernels/attention/attention.ts";
import { storesProbabilities } from "../../src/kernels/attention/attention_probabilities.ts";
import { matmulVariants } from "../../src/kernels/tuning/matmul_variants.ts";
import { candidates, misfit, sameVariant } from "../../src/kernels/tuning/candidates.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { SLOTS } from "../../src/kernels/tuning/slots.ts";
import { isTuned, tuningOf, useTuning } from "../../src/kernels/tuning/tuning.ts";
import { limits } from "../gpu/fake_devices.ts";

const CLASSES: readonly AdapterClass[] = ["software", "nvidia", "amd", "intel", "apple", "other"];

/** A device of a class, with limits. */
function gpuOf(adapterClass: AdapterClass, differences?: Parameters<typeof limits>[0]): Gpu {
  return { adapterClass, limits: limits(differences) } as Gpu;
}

Deno.test("candidates of a slot are different, and multiply what the slot says", () => {
  for (const slot of SLOTS) {
    const found = candidates(slot);
    const keys = found.map(({ kernel, constants }) => pipelineKey(kernel.name, constants));
    assert.ok(keys.length > 1 && new Set(keys).size === keys.length, slot);
    for (const { constants } of found) {
      const { TRANSPOSE_A = 0, TRANSPOSE_B = 0, RELATIVE = 0 } = constants;
      const stored = `${TRANSPOSE_A === 1 ? "t" : "n"}${TRANSPOSE_B === 1 ? "t" : "n"}`;
      assert.ok(slot.startsWith("attention") ? RELATIVE === 0 : slot.startsWith(`matmul_${stored}`), slot);
    }
  }
});

Deno.test("the form that is bounded in memory stores no probabilities", () => {
  assert.ok(!candidates("attention_projected").some(storesProbabilities));
  assert.ok(candidates("attention_full").some(storesProbabilities));
});

Deno.test("every shipped choice is a candidate of its slot, and fits the least device as it is", () => {
  for (const adapterClass of CLASSES) {
    const shipped = defaultTuning(adapterClass);
    for (const slot of SLOTS) {
      assert.ok(candidates(slot).some((one) => sameVariant(one, shipped[slot])), `${adapterClass} ${slot}`);
      assert.equal(misfit(shipped[slot], limits()), null);
    }
    assert.deepEqual(tuningOf(gpuOf(adapterClass)), shipped);
  }
});

Deno.test("a device that is too small for a shipped choice runs one that fits, and keeps the others", () => {
  const shipped = defaultTuning("nvidia");
  for (
    const small of [
      { maxComputeInvocationsPerWorkgroup: 64 },
      { maxComputeWorkgroupStorageSize: 8192 },
      { maxComputeWorkgroupSizeX: 32 },
    ]
  ) {
    const gpu = gpuOf("nvidia", small);
    const tuning = tuningOf(gpu);
    for (const slot of SLOTS) {
      assert.equal(misfit(tuning[slot], gpu.limits), null, slot);
      if (misfit(shipped[slot], gpu.limits) === null) assert.equal(tuning[slot], shipped[slot]);
    }
    assert.ok(SLOTS.some((slot) => tuning[slot] !== shipped[slot]));
  }
});

Deno.test("software adapters read large products from textures if their rows are as far apart as copies take", () => {
  const tuning = defaultTuning("software");
  const [m, n, k] = [192, 256, 128];
  const base = { m, n, k, batch: 1, a_offset: 0, a_batch: 0, b_offset: 0, b_batch: 0, out_offset: 0, out_batch: 0 };
  const rest = { out_stride: n, bias_offset: 0, bias_batch: 0, bias: 0, activation: 0, residual: 0 };
  const stored = [[false, false], [false, true], [true, false]] as const;
  for (const [transposeA, transposeB] of stored) {
    const strides = { a_stride: transposeA ? m : k, b_stride: transposeB ? k : n };
    const params = { ...base, ...rest, ...strides };
    const picked = (change: Partial<typeof params>, weights = "f32") => {
      const { all, pick } = matmulVariants(tuning, { transposeA, transposeB, weights });
      return all[pick({ ...params, ...change })]!;
    };
    const { kernel, constants } = picked({});
    const transposes = [constants.TRANSPOSE_A, constants.TRANSPOSE_B];
    assert.deepEqual([kernel.name, ...transposes], ["matmul_textured", Number(transposeA), Number(transposeB)]);
    const others = [
      picked({ m: 64 }),
      picked({ k: 16 }),
      picked({ a_stride: strides.a_stride + 4 }),
      picked({ b_stride: strides.b_stride + 4 }),
      picked(transposeA ? { k: 8193 } : { m: 8193 }),
    ];
    for (const { kernel, constants } of others) {
      const transposes = [constants.TRANSPOSE_A, constants.TRANSPOSE_B];
      assert.deepEqual([kernel.name, ...transposes], ["matmul", Number(transposeA), Number(transposeB)]);
    }
    assert.equal(picked({}, "f16").kernel.name, "matmul_f16");
  }
});

Deno.test("a misfit says what is too much", () => {
  const reason = misfit(variantOf(attention, { LANES: 32 }), limits({ maxComputeWorkgroupSizeX: 16 }));
  assert.equal(reason, "Cannot run kernel attention on this device: workgroup size x must be at most 16, got 32");
});

Deno.test("variants that are set take the place of shipped ones, on their device alone", () => {
  const [gpu, other] = [gpuOf("software"), gpuOf("software")];
  const chosen = variantOf(attention, { LANES: 16 });
  assert.equal(isTuned(gpu), false);
  useTuning(gpu, { attention_full: chosen });
  assert.equal(isTuned(gpu), true);
  assert.equal(tuningOf(gpu).attention_full, chosen);
  assert.deepEqual({ ...tuningOf(gpu), attention_full: null }, {
    ...defaultTuning("software"),
    attention_full: null,
  });
  assert.deepEqual(tuningOf(other), defaultTuning("software"));
});
