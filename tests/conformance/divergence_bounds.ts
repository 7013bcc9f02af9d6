/** How far the distance of distributions and its gradient in f32 may be from their float64 twins. */

import { pitch } from "../../src/kernels/kernel.ts";
import {
  distributionOf,
  type DivergenceCall,
  klDivergence,
  klDivergenceGradient,
  logRatio,
} from "../reference/kl_divergence.ts";
import { crossEntropyBound, SOFTMAX_BOUND } from "./bounds.ts";

/** A unit in the last place of a number from 1 to 2. */
const UNIT = 2 ** -23;

/** The least normal f32, and some: what is below may become 0. */
const SMALLEST = 2 ** -124;

/** Of a power of e, relative: WGSL's exponential is off by 3 units, and by 2 more for each unit of its argument. */
function powerError(exponent: number): number {
  return (3 + 2 * Math.min(Math.abs(exponent), 100)) * UNIT;
}

/** A row's distributions, the logarithms of their ratios, and how far these may be off. */
function ratiosOf(call: DivergenceCall, r: number) {
  const { columns, temperature, x, y } = call;
  const [q, p] = [distributionOf(call, x, r), distributionOf(call, y, r)];
  const at = r * pitch(columns);
  const peak = (logits: ArrayLike<number>) => {
    return Math.max(...Array.from({ length: columns }, (_, c) => logits[at + c] as number));
  };
  const shift = Math.abs(peak(x) - peak(y));
  // Differences round by the sizes of what is subtracted: of logits of both rows, or within each row.
  const rounded = Float64Array.from({ length: columns }, (_, c) => {
    const gap = Math.abs((x[at + c] as number) - (y[at + c] as number)) + shift;
    const within = temperature * (Math.abs(p.distances[c] as number) + Math.abs(q.distances[c] as number));
    return 2 * UNIT * Math.min(gap, within) / temperature;
  });
  const common = rounded.reduce((sum, error, c) => sum + (p.probabilities[c] as number) * error, 0);
  return {
    p,
    q,
    ratios: rounded.map((_, c) => logRatio(p, q, c)),
    errors: rounded.map((error) => error + common),
  };
}

/**
 * Of each row's loss: as of a cross-entropy, what a change of the ratios changes, and what powers are off. Where the ratio
 * d is small, a term is p d^2 / 2 or about that; else it is the sum of p (d - 1) and q.
 */
export function klDivergenceBounds(call: DivergenceCall): Float64Array<ArrayBuffer> {
  return klDivergence(call).map((loss, r) => {
    const { p, q, ratios, errors } = ratiosOf(call, r);
    const changes = errors.map((error, c) => {
      const d = ratios[c] as number;
      const [own, other] = [p.probabilities[c] as number, q.probabilities[c] as number];
      const [b, a] = [powerError(p.distances[c] as number), powerError(q.distances[c] as number)];
      const powers = Math.abs(d) < 0.99 ? own * d * d * b : own * Math.abs(d - 1) * b + other * a;
      return own * error * (Math.min(1, Math.expm1(Math.abs(d))) + error) + powers;
    });
    const changed = changes.reduce((sum, change) => sum + change, 0);
    return crossEntropyBound(loss) + call.temperature ** 2 * (changed + SMALLEST);
  });
}

/** Of the gradient: as of cross-entropy, to 1e-5 of the row's largest, and what a change of the ratios changes. */
export function klDivergenceGradientBounds(
  call: DivergenceCall & { dlosses: ArrayLike<number> },
): Float64Array<ArrayBuffer> {
  const { rows, columns, temperature, dlosses } = call;
  const values = klDivergenceGradient(call);
  const stride = pitch(columns);
  for (let r = 0; r < rows; r++) {
    if (dlosses[r] === 0) continue; // zeros
    const { p, errors } = ratiosOf(call, r);
    const row = values.subarray(r * stride, (r + 1) * stride);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const size = temperature * Math.abs(dlosses[r] as number);
    const common = Math.min(SOFTMAX_BOUND * size, 1e-5 * largest) + SMALLEST * size;
    row.fill(0);
    for (let c = 0; c < columns; c++) row[c] = common + size * (p.probabilities[c] as number) * (errors[c] as number);
  }
  return values;
}
