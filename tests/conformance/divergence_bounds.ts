/** How far the distance of distributions and its gradient in f32 may be from their float64 twins. */

import { pitch } from "../../src/kernels/kernel.ts";
import {
  type Distribution,
  distributionOf,
  type DivergenceCall,
  klDivergence,
  logRatio,
} from "../reference/kl_divergence.ts";

/** A unit in the last place of a number from 1 to 2. */
const UNIT = 2 ** -23;

/** The least normal f32, and some: what is below may become 0. */
const SMALLEST = 2 ** -124;

/** Of a distance `(x - peak) / T`: a rounding, and WGSL's division, which is off by 2.5 units. */
const distanceError = (distance: number) => 3 * UNIT * Math.abs(distance);

/** Of a power, relative: WGSL's exponential is off by 3 units and 2 for each unit of its argument. */
const powerError = (distance: number) => (3 + 2 * Math.min(Math.abs(distance), 100)) * UNIT + distanceError(distance);

/** Of the sum of a row's powers, relative: those of the powers, and a rounding for each addition. */
function sumError({ distances, probabilities }: Distribution): number {
  const powers = distances.reduce((sum, distance, c) => sum + (probabilities[c] as number) * powerError(distance), 0);
  return powers + (distances.length / 32 + 8) * UNIT / 2;
}

/** Of a probability, relative: those of the power, of the sum, and of the division. */
const probabilityError = (distance: number, sum: number) => powerError(distance) + sum + 3 * UNIT;

/** Of an addend of size `p`, `q` or their like; what the logarithm of the ratio is off by. */
function ratioError(p: Distribution, q: Distribution, sums: number, c: number): number {
  const [b, a] = [p.distances[c] as number, q.distances[c] as number];
  const logs = 4 * UNIT * (p.logSum + q.logSum);
  return distanceError(a) + distanceError(b) + sums + logs + UNIT * (Math.abs(b - a) + p.logSum + q.logSum);
}

/** Of each row's loss. */
export function klDivergenceBounds(call: DivergenceCall): Float64Array<ArrayBuffer> {
  const { columns, temperature } = call;
  return klDivergence(call).map((loss, r) => {
    const [q, p] = [distributionOf(call, call.x, r), distributionOf(call, call.y, r)];
    const [sumP, sumQ] = [sumError(p), sumError(q)];
    let bound = 0;
    for (let c = 0; c < columns; c++) {
      const d = logRatio(p, q, c);
      const [own, other] = [p.probabilities[c] as number, q.probabilities[c] as number];
      const error = ratioError(p, q, sumP + sumQ, c);
      const rounded = probabilityError(p.distances[c] as number, sumP) + 3 * UNIT;
      // The kernel's d may fall on the other side of 1/2, so around it the larger bound holds.
      bound += Math.abs(d) < 0.49
        ? own * (Math.expm1(Math.abs(d)) * (error + Math.abs(d) * rounded) + 2 * error * error)
        : own * (error + (1 + Math.abs(d)) * rounded) + other * probabilityError(q.distances[c] as number, sumQ);
    }
    return temperature ** 2 * (bound + SMALLEST) + ((columns / 32 + 8) / 2 + 3) * UNIT * loss;
  });
}

/** Of the gradient: those of both probabilities, and roundings of the difference and of the products. */
export function klDivergenceGradientBounds(
  call: DivergenceCall & { dlosses: ArrayLike<number> },
): Float64Array<ArrayBuffer> {
  const { rows, columns, temperature, dlosses } = call;
  const bounds = new Float64Array(rows * pitch(columns));
  for (let r = 0; r < rows; r++) {
    const [q, p] = [distributionOf(call, call.x, r), distributionOf(call, call.y, r)];
    const [sumP, sumQ] = [sumError(p), sumError(q)];
    for (let c = 0; c < columns; c++) {
      const [own, other] = [p.probabilities[c] as number, q.probabilities[c] as number];
      const errors = own * probabilityError(p.distances[c] as number, sumP) +
        other * probabilityError(q.distances[c] as number, sumQ);
      const size = Math.abs(dlosses[r] as number) * temperature;
      bounds[r * pitch(columns) + c] = size * (errors + 2 * UNIT * Math.abs(own - other) + SMALLEST);
    }
  }
  return bounds;
}
