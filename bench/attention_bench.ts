/**
 * GFLOP/s of attention at model shapes, beside the matmul that makes its queries, keys and values: attention should take a
 * small part of a layer. The data are those of the conformance cases, and the results are checked before they are timed.
 * A sample is several dispatches in one submit, and one read.
 */

import assert from "node:assert/strict";
import { attention, type Relative } from "../src/kernels/attention.ts";
import { attentionApply } from "../src/kernels/attention_apply.ts";
import { attentionProbabilities } from "../src/kernels/attention_probabilities.ts";
import type { Kernel } from "../src/kernels/kernel.ts";
import { prepareLaunch } from "../src/kernels/launch.ts";
import { matmul, matmulVariant } from "../src/kernels/matmul.ts";
import { cases } from "../tests/conformance/cases/attention.ts";
import { cases as applyCases } from "../tests/conformance/cases/attention_apply.ts";
import type { Shape } from "../tests/conformance/cases/attention_data.ts";
import { cases as probabilitiesCases } from "../tests/conformance/cases/attention_probabilities.ts";
import { type ConformanceCase, judge } from "../tests/conformance/conformance.ts";
import { random, vector } from "../tests/conformance/data.ts";
import { benchRate, gpu } from "./report.ts";

const DISPATCHES = 4;
const SEQUENCES = 8;
const NAMES = ["attention", "attention, relative_key", "attention, relative_key_query"] as const;

/** Registers the bench of a kernel that does `gflop` a dispatch. */
async function bench<F extends string, B extends string>(
  kernel: Kernel<F, B>,
  call: Pick<ConformanceCase<F, B>, "constants" | "params" | "buffers">,
  { name, group, baseline, output, gflop }: {
    name: string;
    group: string;
    baseline?: boolean;
    output: B;
    gflop: number;
  },
): Promise<void> {
  const launch = await prepareLaunch(gpu, kernel, call);
  const options = { unit: "GFLOP/s", perSample: gflop * DISPATCHES, warmup: 1, n: 6 };
  benchRate({ name, group, baseline, ...options }, () => {
    launch.run(DISPATCHES);
    return launch.read(output);
  });
}

/** The multiplication that makes q, k and v of `m` tokens of width `k`. */
async function benchProjection(m: number, k: number, group: string): Promise<void> {
  const n = 3 * k;
  const next = random(m);
  await bench(matmul, {
    constants: matmulVariant({ m, adapterClass: gpu.adapterClass }),
    params: {
      m,
      n,
      k,
      batch: 1,
      a_offset: 0,
      a_stride: k,
      a_batch: 0,
      b_offset: 0,
      b_stride: n,
      b_batch: 0,
      out_offset: 0,
      out_stride: n,
      out_batch: 0,
      bias_offset: 0,
      bias_batch: 0,
      bias: 1,
      activation: 0,
      residual: 0,
    },
    buffers: {
      a: vector(m * k, next),
      b: vector(k * n, next),
      bias: vector(n, next),
      bias_scale: 16,
      residual: 16,
      out: 4 * m * n,
    },
  }, { name: "q, k, v by matmul", group, baseline: true, output: "out", gflop: 2 * m * k * n / 1e9 });
}

/** Self-attention of one layer: all tokens are rows. */
async function benchFull(heads: number, headSize: number, tokens: number, kinds: readonly Relative[]): Promise<void> {
  const [m, width] = [SEQUENCES * tokens, heads * headSize];
  const group = `full attention ${SEQUENCES} x ${tokens}, ${heads} x ${headSize}`;
  await benchProjection(m, width, group);
  for (const relative of kinds) {
    const sequences = Array.from({ length: SEQUENCES }, () => [tokens, tokens] as const);
    const [test] = cases([{ name: group, sequences, heads, headSize, layout: "fused", relative }]);
    assert.ok(test);
    assert.equal(await judge(gpu, attention, test), null);
    const gflop = (4 + 2 * relative) * m * tokens * width / 1e9;
    await bench(attention, test, { name: NAMES[relative], group, output: "out", gflop });
  }
}

/** The absorbed form: each head of each narrow row is a query as wide as the context. */
async function benchAbsorbed(heads: number, width: number, tokens: number, rows: number): Promise<void> {
  const group = `absorbed attention ${SEQUENCES} x ${tokens}, ${rows} rows each, ${heads} heads, H ${width}`;
  const sequences = Array.from({ length: SEQUENCES }, () => [rows, tokens] as const);
  const shape: Shape = { name: group, sequences, heads, headSize: width, layout: "shared" };
  const gflop = 2 * SEQUENCES * rows * heads * tokens * width / 1e9;
  const [probabilities] = probabilitiesCases([shape]);
  const [apply] = applyCases([shape]);
  assert.ok(probabilities && apply);
  assert.equal(await judge(gpu, attentionProbabilities, probabilities), null);
  assert.equal(await judge(gpu, attentionApply, apply), null);
  await bench(attentionProbabilities, probabilities, { name: "probabilities", group, output: "sums", gflop });
  await bench(attentionApply, apply, { name: "apply", group, output: "out", gflop });
}

await benchFull(4, 64, 128, [0, 1, 2]);
await benchFull(12, 64, 128, [0]);
await benchFull(12, 32, 64, [0]);
await benchAbsorbed(4, 256, 128, 1);
await benchAbsorbed(12, 768, 128, 1);
await benchAbsorbed(12, 768, 128, 19);
