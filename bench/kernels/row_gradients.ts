/** Works of the gradients of rows and of losses. */

import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";
import { ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import type { crossEntropyGradient } from "../../src/kernels/training/losses/cross_entropy_gradient.ts";
import type { meanGradient } from "../../src/kernels/training/losses/mean_gradient.ts";
import type { pointwiseLossGradient } from "../../src/kernels/training/losses/pointwise_loss_gradient.ts";
import type { activationGradient } from "../../src/kernels/training/rows/activation_gradient.ts";
import type { embeddingSums } from "../../src/kernels/training/rows/embedding_sums.ts";
import type { layerNormGradient } from "../../src/kernels/training/rows/layer_norm_gradient.ts";
import type { meanRowsGradient } from "../../src/kernels/training/rows/mean_rows_gradient.ts";
import { segmentLanes, segmentSums } from "../../src/kernels/training/rows/segment_sums.ts";
import { inverseIndex } from "../../src/model/batch/inverse_index.ts";
import { matrix, random, vector } from "../../tests/conformance/data.ts";
import {
  activationGradientBound,
  crossEntropyGradientBounds,
  layerNormGradientBounds,
  pointwiseLossGradientBounds,
  quotientBound,
} from "../../tests/conformance/gradient_bounds.ts";
import { activationGradient as activationTwin } from "../../tests/reference/activation_gradient.ts";
import { crossEntropyGradient as crossEntropyTwin } from "../../tests/reference/cross_entropy_gradient.ts";
import { embeddingSum } from "../../tests/reference/embeddings.ts";
import { layerNormGradient as layerNormTwin } from "../../tests/reference/layer_norm_gradient.ts";
import { meanGradient as meanTwin } from "../../tests/reference/mean_gradient.ts";
import { meanRowsGradient as meanRowsTwin } from "../../tests/reference/mean_rows_gradient.ts";
import { pointwiseLossGradient as pointwiseTwin } from "../../tests/reference/pointwise_loss_gradient.ts";
import { segmentSums as segmentTwin } from "../../tests/reference/segment_sums.ts";
import { crossEntropyCalls } from "./losses.ts";
import { elements, MODEL, type Works } from "./work.ts";

const { rows: ROWS, width: WIDTH, vocabulary: VOCABULARY, sequences: SEQUENCES, length: LENGTH } = MODEL;
const STATES = ROWS * WIDTH;
const SIZES = { rows: ROWS, columns: WIDTH };
const next = random(7);
const below = (count: number) => Math.floor((next() + 1) / 2 * count);

export function activationGradientWorks(): Works<typeof activationGradient> {
  const [x, dy] = [matrix(ROWS, 4 * WIDTH, () => 4 * next()), matrix(ROWS, 4 * WIDTH, next)];
  const code = ACTIVATION_CODES.gelu;
  return [{
    name: `GELU of ${ROWS} x ${4 * WIDTH}`,
    params: { count: x.length, activation: code },
    buffers: { x, dy, out: x.byteLength },
    expected: {
      out: { values: activationTwin({ x, dy, code }), bound: Float64Array.from(dy, activationGradientBound) },
    },
    amount: elements(3 * x.length),
  }];
}

export function layerNormGradientWorks(): Works<typeof layerNormGradient> {
  const [x, residual, dy] = [matrix(ROWS, WIDTH, next), matrix(ROWS, WIDTH, next), matrix(ROWS, WIDTH, next)];
  const call = { ...SIZES, eps: 1e-12, x, residual, weight: vector(WIDTH, next), dy };
  const { out, products } = layerNormTwin(call);
  const bounds = layerNormGradientBounds(call, out.map(() => 2));
  return [{
    name: `${ROWS} x ${WIDTH} and residual`,
    params: { ...SIZES, eps: call.eps, residual: 1 },
    buffers: { x, residual, weight: call.weight, dy, out: x.byteLength, products: x.byteLength },
    expected: { out: { values: out, bound: bounds.out }, products: { values: products, bound: bounds.products } },
    amount: elements(5 * STATES),
  }];
}

export function embeddingSumsWorks(): Works<typeof embeddingSums> {
  const [vocabulary, types] = [4000, 2];
  const tokens = new Uint32Array(4 * ROWS).map((_, i) => below([vocabulary, types, LENGTH, 1][i % 4] as number));
  const tables = {
    words: matrix(vocabulary, WIDTH, next),
    positions: matrix(LENGTH, WIDTH, next),
    types: matrix(types, WIDTH, next),
  };
  return [{
    name: `${ROWS} x ${WIDTH}`,
    params: SIZES,
    buffers: { tokens, ...tables, out: 4 * STATES },
    expected: {
      out: { values: embeddingSum({ ...SIZES, tokens, embeds: false, ...tables }), bound: 6 * 2 ** -24 },
    },
    amount: elements(2 * STATES),
  }];
}

/** The sums for a table of words, and for one of two types. */
export function segmentSumsWorks(): Works<typeof segmentSums> {
  const x = matrix(ROWS, WIDTH, next);
  return [4000, 2].map((segments) => {
    const { starts, order } = inverseIndex(Uint32Array.from({ length: ROWS }, () => below(segments)), {
      count: segments,
    });
    return {
      name: `${ROWS} x ${WIDTH} into ${segments}`,
      constants: segmentSums.constantSets()[segmentLanes({ rows: ROWS, segments })] as Record<string, number>,
      params: { rows: ROWS, segments, columns: WIDTH, first: 0 },
      buffers: { x, starts, order, out: 4 * segments * WIDTH },
      expected: { out: { values: segmentTwin({ x, starts, order, columns: WIDTH }), bound: ROWS * 2 ** -20 } },
      amount: elements(STATES, segments * WIDTH),
    };
  });
}

export function meanRowsGradientWorks(): Works<typeof meanRowsGradient> {
  const dy = matrix(SEQUENCES, WIDTH, next);
  const starts = Uint32Array.from({ length: SEQUENCES + 1 }, (_, s) => s * LENGTH);
  const values = meanRowsTwin({ ...SIZES, dy, starts });
  return [{
    name: `${ROWS} x ${WIDTH} of ${SEQUENCES}`,
    params: { ...SIZES, segments: SEQUENCES },
    buffers: { dy, starts, out: 4 * STATES },
    expected: { out: { values, bound: values.map(quotientBound) } },
    amount: elements(STATES),
  }];
}

export function crossEntropyGradientWorks(): Works<typeof crossEntropyGradient> {
  const dlosses = new Float32Array(SEQUENCES).fill(0.125);
  return crossEntropyCalls(next).map(({ name, params, buffers }) => {
    const call = { ...params, ...buffers, dlosses };
    const values = crossEntropyTwin(call);
    return {
      name,
      params,
      buffers: { ...buffers, dlosses, out: buffers.x.byteLength },
      expected: { out: { values, bound: crossEntropyGradientBounds(call, values) } },
      amount: elements(2 * SEQUENCES * pitch(VOCABULARY)),
    };
  });
}

export function pointwiseGradientWorks(): Works<typeof pointwiseLossGradient> {
  const [x, y] = [matrix(ROWS, WIDTH, next), matrix(ROWS, WIDTH, next)];
  const dlosses = Float32Array.from({ length: ROWS }, next);
  return Object.entries(POINTWISE_LOSSES).map(([name, KIND]) => {
    const call = { ...SIZES, x, y, dlosses, kind: KIND };
    return {
      name: `${name} ${ROWS} x ${WIDTH}`,
      constants: { KIND },
      params: SIZES,
      buffers: { x, y, dlosses, out: x.byteLength },
      expected: { out: { values: pointwiseTwin(call), bound: pointwiseLossGradientBounds(call) } },
      amount: elements(3 * STATES),
    };
  });
}

export function meanGradientWorks(): Works<typeof meanGradient> {
  const values = meanTwin({ dout: 1, count: ROWS, divisor: ROWS });
  return [{
    name: `${ROWS}`,
    params: { count: ROWS, divisor: ROWS },
    buffers: { dout: Float32Array.of(1), out: 4 * ROWS },
    expected: { out: { values, bound: values.map(quotientBound) } },
    amount: elements(ROWS),
  }];
}
