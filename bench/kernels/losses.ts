/** Works of the losses: cross-entropy over a vocabulary, a comparison with targets, and their mean. */

import type { crossEntropy } from "../../src/kernels/losses/cross_entropy.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES, type pointwiseLoss } from "../../src/kernels/losses/pointwise_loss.ts";
import type { reduceSum } from "../../src/kernels/losses/reduce_sum.ts";
import { matrix, random } from "../../tests/conformance/data.ts";
import { crossEntropy as crossEntropyTwin } from "../../tests/reference/cross_entropy.ts";
import { pointwiseLoss as pointwiseTwin } from "../../tests/reference/pointwise_loss.ts";
import { reduceSum as sumTwin } from "../../tests/reference/reduce_sum.ts";
import { elements, MODEL, type Works } from "./work.ts";

const { rows: ROWS, width: WIDTH, vocabulary: VOCABULARY, sequences: SEQUENCES } = MODEL;
const next = random(6);

export function crossEntropyWorks(): Works<typeof crossEntropy> {
  const x = matrix(SEQUENCES, VOCABULARY, () => 10 * next());
  const labels = Uint32Array.from({ length: SEQUENCES }, (_, r) => 1000 * r);
  const values = crossEntropyTwin({ rows: SEQUENCES, columns: VOCABULARY, x, labels });
  return [{
    name: `${SEQUENCES} x ${VOCABULARY}`,
    params: { rows: SEQUENCES, columns: VOCABULARY },
    buffers: { x, labels, losses: labels.byteLength },
    expected: { losses: { values, bound: values.map((loss) => 2e-6 * loss) } },
    amount: elements(SEQUENCES * pitch(VOCABULARY)),
  }];
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
