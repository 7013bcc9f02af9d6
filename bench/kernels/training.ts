/** Works of the kernels that only training uses: an update of a weight, sums of gradients, those of a bias and of softmax. */

import type { accumulate } from "../../src/kernels/training/accumulate.ts";
import type { addPlaced } from "../../src/kernels/training/add_placed.ts";
import type { addScaled } from "../../src/kernels/training/add_scaled.ts";
import type { columnSums } from "../../src/kernels/training/column_sums.ts";
import type { groupDots } from "../../src/kernels/training/group_dots.ts";
import type { scaleGroups } from "../../src/kernels/training/scale_groups.ts";
import type { softmaxGradient } from "../../src/kernels/training/softmax_gradient.ts";
import type { zeros } from "../../src/kernels/training/zeros.ts";
import { groupDotBound, rounding, softmaxGradientBounds } from "../../tests/conformance/bounds.ts";
import { matrix, random, vector } from "../../tests/conformance/data.ts";
import { expectedAccumulate } from "../../tests/conformance/optimizer_bounds.ts";
import { addPlaced as addPlacedTwin } from "../../tests/reference/add_placed.ts";
import { addScaled as addScaledTwin } from "../../tests/reference/add_scaled.ts";
import { columnSums as columnSumsTwin } from "../../tests/reference/column_sums.ts";
import { groupDots as groupDotsTwin } from "../../tests/reference/group_dots.ts";
import { scaleGroups as scaleGroupsTwin } from "../../tests/reference/scale_groups.ts";
import { softmax } from "../../tests/reference/softmax.ts";
import { softmaxGradient as softmaxGradientTwin } from "../../tests/reference/softmax_gradient.ts";
import { zeros as zerosTwin } from "../../tests/reference/zeros.ts";
import { elements, MODEL, type Works } from "./work.ts";

const { rows: ROWS, width: WIDTH, sequences: SEQUENCES, vocabulary: VOCABULARY, heads: HEADS } = MODEL;
const next = random(5);

/** A gradient of a feed-forward layer's weight: the first of a sum, and a further one. */
export function accumulateWorks(): Works<typeof accumulate> {
  return [0, 1].map((keep) => {
    const [x, out] = [matrix(WIDTH, 4 * WIDTH, next), matrix(WIDTH, 4 * WIDTH, next)];
    return {
      name: `${WIDTH} x ${4 * WIDTH}, ${keep === 0 ? "the first" : "a further one"}`,
      params: { count: x.length, keep },
      buffers: { x, out },
      expected: { out: expectedAccumulate({ x, out, keep }) },
      amount: elements((keep === 0 ? 2 : 3) * x.length),
    };
  });
}

export function addScaledWorks(): Works<typeof addScaled> {
  const [x, out] = [matrix(WIDTH, 4 * WIDTH, next), matrix(WIDTH, 4 * WIDTH, next)];
  const scale = 2 ** -10;
  return [{
    name: `${WIDTH} x ${4 * WIDTH}`,
    params: { count: x.length, scale },
    buffers: { x, out },
    expected: { out: { values: addScaledTwin({ x, out, scale }), bound: 2 ** -22 } },
    amount: elements(3 * x.length),
  }];
}

export function columnSumsWorks(): Works<typeof columnSums> {
  const x = matrix(ROWS, 4 * WIDTH, next);
  return [{
    name: `${ROWS} x ${4 * WIDTH}`,
    params: { rows: ROWS, columns: 4 * WIDTH },
    buffers: { x, out: 4 * 4 * WIDTH },
    expected: { out: { values: columnSumsTwin(x, 4 * WIDTH), bound: ROWS * 2 ** -20 } },
    amount: elements(x.length),
  }];
}

export function softmaxGradientWorks(): Works<typeof softmaxGradient> {
  const sizes = { rows: SEQUENCES, columns: VOCABULARY };
  const x = matrix(SEQUENCES, VOCABULARY, () => 10 * next());
  const call = { ...sizes, p: Float32Array.from(softmax({ ...sizes, x })), dp: matrix(SEQUENCES, VOCABULARY, next) };
  return [{
    name: `${SEQUENCES} x ${VOCABULARY}`,
    params: sizes,
    buffers: { p: call.p, dp: call.dp, out: call.p.byteLength },
    expected: { out: { values: softmaxGradientTwin(call).out, bound: softmaxGradientBounds(call) } },
    amount: elements(3 * call.p.length),
  }];
}

export function zerosWorks(): Works<typeof zeros> {
  const count = WIDTH * 2 * WIDTH;
  return [{
    name: `${WIDTH} x ${2 * WIDTH}`,
    params: { count },
    buffers: { out: 4 * count },
    expected: { out: { values: zerosTwin(count) } },
    amount: elements(count),
  }];
}

export function addPlacedWorks(): Works<typeof addPlaced> {
  const params = { rows: WIDTH, columns: WIDTH, at: WIDTH, stride: 2 * WIDTH };
  const [x, out] = [matrix(WIDTH, WIDTH, next), matrix(WIDTH, 2 * WIDTH, next)];
  const values = addPlacedTwin({ ...params, x, out });
  return [{
    name: `${WIDTH} columns of ${WIDTH} x ${2 * WIDTH}`,
    params,
    buffers: { x, out },
    expected: { out: { values, bound: values.map(rounding) } },
    amount: elements(3 * x.length),
  }];
}

export function scaleGroupsWorks(): Works<typeof scaleGroups> {
  const params = { rows: ROWS, columns: WIDTH, size: WIDTH / HEADS };
  const x = matrix(ROWS, WIDTH, next);
  const scale = Float32Array.from({ length: ROWS * HEADS }, next);
  const values = scaleGroupsTwin({ ...params, x, scale });
  return [{
    name: `${HEADS} groups of ${ROWS} x ${WIDTH}`,
    params,
    buffers: { x, scale, out: x.byteLength },
    expected: { out: { values, bound: values.map(rounding) } },
    amount: elements(2 * x.length, scale.length),
  }];
}

export function groupDotsWorks(): Works<typeof groupDots> {
  const params = { rows: ROWS, columns: WIDTH, size: WIDTH / HEADS, at: WIDTH };
  const [x, y] = [matrix(ROWS, WIDTH, next), vector(2 * WIDTH, next)];
  const { out: values, sizes } = groupDotsTwin({ ...params, x, y });
  return [{
    name: `${HEADS} groups of ${ROWS} x ${WIDTH}`,
    params,
    buffers: { x, y, out: 4 * values.length },
    expected: { out: { values, bound: sizes.map((size) => groupDotBound(params.size, size)) } },
    amount: elements(x.length, WIDTH, values.length),
  }];
}
