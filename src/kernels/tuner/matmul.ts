/** Problems for the slots of matrix products, and their results in float64. */

import { random } from "../../base/random.ts";
import { type Params, pitch } from "../kernel.ts";
import { prepareLaunch } from "../launch.ts";
import type { MATMUL_PARAMS } from "../products/matmul_contract.ts";
import { firstWrong, matrices, type ModelSizes, type Sample, type Work } from "./work.ts";
import { MATMUL_SLOTS, type MatmulSlot } from "../tuning/slots.ts";

/** `batch` products of m x k by k x n. */
interface Product {
  m: number;
  n: number;
  k: number;
  batch?: number;
}

/** How many outputs are checked; all of them if there are not many. */
const SAMPLES = 256;
const FEW_OUTPUTS = 8192;

/** Rows of the problem with odd sizes. */
const ODD_ROWS = { few: 3, some: 29, several: 37, many: 95 };

/** A problem with odd sizes for the edges of tiles (and rows as far apart as textures need), and those of the model. */
export function matmulWorks(slot: MatmulSlot, sizes: ModelSizes): Work[] {
  const { rows, transposeA, transposeB } = MATMUL_SLOTS[slot];
  const stored = { transposeA, transposeB };
  return [
    { ...matmulWork({ m: ODD_ROWS[rows], n: 63, k: 61, batch: 2 }, stored), untimed: true },
    ...products(slot, sizes).map((product) => matmulWork(product, stored)),
  ];
}

/** The products of a model in a slot. */
function products(slot: MatmulSlot, { rows, hidden, heads, forward }: ModelSizes): Product[] {
  const headSize = hidden / heads;
  // The absorbed form's, a matrix a head; and logits of masked words, for a part of a vocabulary.
  const absorbValue = (m: number) => ({ m, n: headSize, k: hidden, batch: heads });
  const absorbKey = (m: number) => ({ m, n: hidden, k: headSize, batch: heads });
  const logits = (m: number) => ({ m, n: 8 * hidden, k: hidden });
  const dense = (m: number) => ({ m, n: hidden, k: hidden });
  switch (slot) {
    case "matmul_nn_few":
      return [dense(1), dense(4), absorbValue(4)];
    case "matmul_nn_some":
      return [dense(32), { m: 32, n: forward, k: hidden }, absorbValue(32)];
    case "matmul_nn_several":
      return [dense(64), { m: 64, n: forward, k: hidden }, absorbValue(64)];
    case "matmul_nn_many":
      return [dense(rows), { m: rows, n: forward, k: hidden }, { m: rows, n: hidden, k: forward }];
    case "matmul_nt_few":
      return [absorbKey(1), absorbKey(4), logits(4)];
    case "matmul_nt_some":
      return [absorbKey(32), logits(32)];
    case "matmul_nt_several":
      return [absorbKey(64), logits(64)];
    case "matmul_nt_many":
      return [absorbKey(rows), logits(rows)];
    case "matmul_tn_several":
      return [{ m: 64, n: hidden, k: rows }];
    case "matmul_tn_many":
    case "matmul_tt":
      return [{ m: hidden, n: hidden, k: rows }, { m: hidden, n: forward, k: rows }];
  }
}

/** A product with a bias; the matrices of a batch lie side by side, as those of heads do. */
export function matmulWork(
  { m, n, k, batch = 1 }: Product,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): Work {
  const next = random(m);
  const shapeA = transposeA ? { rows: k, columns: m, batch } : { rows: m, columns: k, batch };
  const shapeB = transposeB ? { rows: n, columns: k, batch } : { rows: k, columns: n, batch };
  const a = matrices(shapeA, next);
  const b = matrices(shapeB, next);
  const bias = matrices({ rows: 1, columns: n, batch }, next);
  const params = {
    m,
    n,
    k,
    batch,
    a_offset: 0,
    a_stride: batch * pitch(shapeA.columns),
    a_batch: pitch(shapeA.columns),
    b_offset: 0,
    b_stride: batch * pitch(shapeB.columns),
    b_batch: pitch(shapeB.columns),
    out_offset: 0,
    out_stride: batch * pitch(n),
    out_batch: pitch(n),
    bias_offset: 0,
    bias_batch: pitch(n),
    bias: 1,
    activation: 0,
    residual: 0,
  };

  const outputs = batch * m * n;
  const sampled = outputs <= FEW_OUTPUTS
    ? Array.from({ length: outputs }, (_, i) => i)
    : [0, outputs - 1, ...Array.from({ length: SAMPLES - 2 }, () => Math.floor((next() + 1) / 2 * outputs))];
  const call = { params, transposeA, transposeB, a, b, bias };
  let samples: Sample[] | null = null;

  return {
    name: `${batch === 1 ? "" : `${batch} x `}${m} x ${n} x ${k}`,
    operations: 2 * outputs * k,
    async prepare(gpu, variant) {
      const { kernel, constants } = variant;
      const out = 4 * m * params.out_stride;
      const buffers = { a, b, bias, bias_scale: 16, residual: 16, out };
      const launch = await prepareLaunch(gpu, kernel, { constants, params, buffers });
      return {
        variant,
        record: launch.record,
        async check() {
          launch.run();
          return firstWrong(await launch.read("out"), samples ??= sampled.map((i) => matmulSample(call, i)));
        },
        dispose: launch.dispose,
      };
    },
  };
}

/** Operands with a bias, and their layout. */
interface MatmulLaunch {
  params: Params<keyof typeof MATMUL_PARAMS>;
  transposeA: boolean;
  transposeB: boolean;
  a: Float32Array;
  b: Float32Array;
  bias: Float32Array;
}

/** Output `i` of `[batch, m, n]`. */
export function matmulSample({ params: p, transposeA, transposeB, a, b, bias }: MatmulLaunch, i: number): Sample {
  const column = i % p.n;
  const row = Math.floor(i / p.n) % p.m;
  const matrix = Math.floor(i / (p.n * p.m));
  const [aFirst, aStep] = transposeA ? [row, p.a_stride] : [row * p.a_stride, 1];
  const [bFirst, bStep] = transposeB ? [column * p.b_stride, 1] : [column, p.b_stride];
  const aStart = p.a_offset + matrix * p.a_batch + aFirst;
  const bStart = p.b_offset + matrix * p.b_batch + bFirst;
  let value = bias[p.bias_offset + matrix * p.bias_batch + column] as number;
  let magnitude = Math.abs(value);
  for (let j = 0; j < p.k; j++) {
    const product = (a[aStart + j * aStep] as number) * (b[bStart + j * bStep] as number);
    value += product;
    magnitude += Math.abs(product);
  }
  const at = p.out_offset + row * p.out_stride + matrix * p.out_batch + column;
  return { at, value, bound: (p.k + 1) * 2 ** -23 * magnitude };
}
