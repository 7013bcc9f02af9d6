/**
 * GFLOP/s of matmul at model shapes, in the variant that this adapter gets, on random data and without an epilogue. A
 * sample is as many multiplications in one submit as make the wait for the GPU small beside them, and one read.
 */

import assert from "node:assert/strict";
import { prepareLaunch } from "../src/kernels/launch.ts";
import { matmul, matmulVariant } from "../src/kernels/matmul.ts";
import { random, vector } from "../tests/conformance/data.ts";
import { matmulAt } from "../tests/reference/matmul.ts";
import { benchRate, gpu } from "./report.ts";

/** Floating-point operations in a sample, roughly. */
const SAMPLE = 2.4e9;

/** [m, n, k]: many tokens through a wide layer, fewer through a narrow one, and eight rows of a narrow layer. */
const SHAPES = [[512, 768, 768], [128, 384, 384], [8, 768, 768]] as const;

for (const transposeB of [false, true]) {
  for (const [m, n, k] of SHAPES) await benchMatmul({ m, n, k, transposeB });
}

async function benchMatmul({ m, n, k, transposeB }: { m: number; n: number; k: number; transposeB: boolean }) {
  const next = random(m);
  const [a, b] = [vector(m * k, next), vector(k * n, next)];
  const params = {
    m,
    n,
    k,
    batch: 1,
    a_offset: 0,
    a_stride: k,
    a_batch: 0,
    b_offset: 0,
    b_stride: transposeB ? k : n,
    b_batch: 0,
    out_offset: 0,
    out_stride: n,
    out_batch: 0,
    bias_offset: 0,
    bias_batch: 0,
    bias: 0,
    activation: 0,
    residual: 0,
  };
  const launch = await prepareLaunch(gpu, matmul, {
    constants: matmulVariant({ transposeB, m, adapterClass: gpu.adapterClass }),
    params,
    buffers: { a, b, bias: 16, bias_scale: 16, residual: 16, out: 4 * m * n },
  });
  launch.run();
  const out = await launch.read("out");
  const call = { params, transposeA: false, transposeB, a, b, bias: [], bias_scale: [], residual: [] };
  for (let i = 0; i < 256; i++) {
    const at = Math.floor((next() + 1) / 2 * m * n);
    const { value, magnitude } = matmulAt(call, 0, Math.floor(at / n), at % n);
    assert.ok(Math.abs(out[at] as number - value) <= k * 2 ** -23 * magnitude, `out[${at}]: ${out[at]}, not ${value}`);
  }
  const times = Math.ceil(SAMPLE / (2 * m * n * k));
  const name = transposeB ? "A * transposed B" : "A * B";
  const rate = { unit: "GFLOP/s", perSample: times * 2 * m * n * k / 1e9, n: 10 };
  benchRate({ name, group: `matmul ${m}x${n}x${k}`, baseline: !transposeB, ...rate }, () => {
    launch.run(times);
    return launch.read("out");
  });
}
