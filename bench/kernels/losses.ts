/** Works of the losses: cross-entropy over a vocabulary, a comparison with targets, and their mean. */

import type { crossEntropy } from "../../src/kernels/losses/cross_entropy.ts";
import type { klDivergence } from "../../src/kernels/losses/kl_divergence.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES, type pointwiseLoss } from "../../src/kernels/losses/pointwise_loss.ts";
import type { reduceSum } from "../../src/kernels/losses/reduce_sum.ts";
import type { weightedSum } from "../../src/kernels/losses/weighted_sum.ts";
import type { klDivergenceGradient } from "../../src/kernels/training/losses/kl_divergence_gradient.ts";
import { matrix, random } from "../../tests/conformance/data.ts";
import { crossEntropyBounds } from "../../tests/conformance/bounds.ts";
import { klDivergenceBounds, klDivergenceGradientBounds } from "../../tests/conformance/divergence_bounds.ts";
import { crossEntropy as crossEntropyTwin } from "../../tests/reference/cross_entropy.ts";
import {
  klDivergence as divergenceTwin,
  klDivergenceGradient as divergenceGradientTwin,
} from "../../tests/reference/kl_divergence.ts";
import { pointwiseLoss as pointwiseTwin } from "../../tests/reference/pointwise_loss.ts";
import { reduceSum as sumTwin } from "../../tests/reference/reduce_sum.ts";
import { weightedSum as weightedTwin } from "../../tests/reference/weighted_sum.ts";
import { elements, MODEL, type Works } from "./work.ts";

const { rows: ROWS, width: WIDTH, vocabulary: VOCABULARY, sequences: SEQUENCES } = MODEL;
const next = random(6);

export function crossEntropyWorks(): Works<typeof crossEntropy> {
  return crossEntropyCalls(next).map(({ name, params, buffers }) => {
    const call = { ...params, ...buffers };
    const values = crossEntropyTwin(call);
    return {
      name,
      params,
      buffers: { ...buffers, losses: 4 * SEQUENCES },
      expected: { losses: { values, bound: crossEntropyBounds(call, values) } },
      amount: elements(SEQUENCES * pitch(VOCABULARY)),
    };
  });
}

/** A row of logits and a label for each sequence: plain, and smoothed with weights. */
export function crossEntropyCalls(next: () => number) {
  const x = matrix(SEQUENCES, VOCABULARY, () => 10 * next());
  const labels = Uint32Array.from({ length: SEQUENCES }, (_, r) => 1000 * r);
  const buffers = { x, labels, weights: new Float32Array(SEQUENCES).fill(1) };
  const [sizes, shape] = [{ rows: SEQUENCES, columns: VOCABULARY }, `${SEQUENCES} x ${VOCABULARY}`];
  return [
    { name: shape, params: { ...sizes, smoothing: 0, weighted: 0 }, buffers },
    { name: `${shape}, smoothed`, params: { ...sizes, smoothing: Math.fround(0.1), weighted: 1 }, buffers },
  ];
}

export function pointwiseWorks(): Works<typeof pointwiseLoss> {
  const [x, y] = [matrix(ROWS, WIDTH, next), matrix(ROWS, WIDTH, next)];
  return Object.entries(POINTWISE_LOSSES).map(([name, KIND]) => {
    const values = pointwiseTwin({ rows: ROWS, columns: WIDTH, x, y, kind: KIND });
    return {
      name: `${name} ${ROWS} x ${WIDTH}`,
      constants: { KIND },
      params: { rows: ROWS, columns: WIDTH },
      buffers: { x, y, losses: 4 * ROWS },
      expected: { losses: { values, bound: values.map((loss) => WIDTH * 2 ** -23 * Math.abs(loss)) } },
      amount: elements(2 * ROWS * WIDTH),
    };
  });
}

export function reduceWorks(): Works<typeof reduceSum> {
  const x = Float32Array.from({ length: ROWS }, next);
  return [{
    name: `${ROWS}`,
    params: { count: ROWS, divisor: ROWS },
    buffers: { x, out: 4 },
    expected: { out: { values: Float64Array.of(sumTwin(x, ROWS)), bound: 2 ** -20 } },
    amount: elements(ROWS),
  }];
}

/** A row of logits and a teacher's for each sequence. */
function divergenceCall() {
  const of = () => matrix(SEQUENCES, VOCABULARY, () => 10 * next());
  return { rows: SEQUENCES, columns: VOCABULARY, temperature: 2, x: of(), y: of() };
}

export function divergenceWorks(): Works<typeof klDivergence> {
  const { x, y, ...params } = divergenceCall();
  const call = { ...params, x, y };
  return [{
    name: `${SEQUENCES} x ${VOCABULARY}`,
    params,
    buffers: { x, y, losses: 4 * SEQUENCES },
    expected: { losses: { values: divergenceTwin(call), bound: klDivergenceBounds(call) } },
    amount: elements(2 * SEQUENCES * pitch(VOCABULARY)),
  }];
}

export function divergenceGradientWorks(): Works<typeof klDivergenceGradient> {
  const { x, y, ...params } = divergenceCall();
  const call = { ...params, x, y, dlosses: new Float32Array(SEQUENCES).fill(0.125) };
  return [{
    name: `${SEQUENCES} x ${VOCABULARY}`,
    params,
    buffers: { x, y, dlosses: call.dlosses, out: x.byteLength },
    expected: { out: { values: divergenceGradientTwin(call), bound: klDivergenceGradientBounds(call) } },
    amount: elements(3 * SEQUENCES * pitch(VOCABULARY)),
  }];
}

export function weightedWorks(): Works<typeof weightedSum> {
  const [a, b, c] = [Float32Array.of(next()), Float32Array.of(next()), Float32Array.of(next())];
  const parts = [[0.5, a[0] as number], [0.25, b[0] as number], [2, c[0] as number]] as const;
  return [{
    name: "3",
    params: { wa: 0.5, wb: 0.25, wc: 2 },
    buffers: { a, b, c, out: 4 },
    expected: { out: { values: Float64Array.of(weightedTwin(parts)), bound: 2 ** -20 } },
    amount: elements(3),
  }];
}
