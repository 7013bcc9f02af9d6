/** Small programs of the losses of distillation, each traced, and the same in float64. */

import { random } from "../../src/base/random.ts";
import { klDivergence } from "../../src/graph/ops/losses/kl_divergence.ts";
import { mean } from "../../src/graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../../src/graph/ops/losses/pointwise_loss.ts";
import { weightedSum } from "../../src/graph/ops/losses/weighted_sum.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";
import { klDivergence as divergenceTwin } from "../reference/kl_divergence.ts";
import { pointwiseLoss as pointwiseTwin } from "../reference/pointwise_loss.ts";
import { reduceSum } from "../reference/reduce_sum.ts";
import { type Matrix, matrixOf, pitched } from "./buffers.ts";
import { type GradientCase, wide } from "./gradient_case.ts";

const WIDTH = 6;
const next = random(83);

const rowsOf = (tokens: number) => ({ shape: ["T", WIDTH], matrix: matrixOf(tokens, WIDTH, () => 3 * next()) });

function divergenceCase(tokens: number): GradientCase {
  const teacher = matrixOf(tokens, WIDTH, () => 3 * next());
  return {
    operands: { x: rowsOf(tokens) },
    given: { teacher: { shape: ["T", WIDTH], data: pitched(teacher) } },
    trace: (g, { x }, { teacher }) => klDivergence(g, { label: "losses", x: x!, y: teacher!, temperature: 2.5 }),
    forward({ x }) {
      return divergenceTwin({ rows: tokens, columns: WIDTH, temperature: 2.5, x: wide(x!), y: wide(teacher) });
    },
  };
}

/** A loss of three parts, one of them with the weight 0. */
function weightedCase(tokens: number): GradientCase {
  const weights = { x: 0.75, y: -2, z: 0 };
  const target = matrixOf(tokens, WIDTH, next);
  const kind = "squared_error";
  return {
    operands: Object.fromEntries(Object.keys(weights).map((name) => [name, rowsOf(tokens)])),
    given: { target: { shape: ["T", WIDTH], data: pitched(target) } },
    scalars: weights,
    trace(g, values, { target }) {
      const parts = Object.keys(weights).map((name) => {
        const losses = pointwiseLoss(g, { label: `${name}.losses`, x: values[name]!, y: target!, kind });
        return { value: mean(g, { label: name, x: losses, divisor: 3 }), weight: g.scalar(name, "f32") };
      });
      return weightedSum(g, { label: "loss", parts });
    },
    forward(all) {
      const part = (x: Matrix) => {
        const call = { rows: tokens, columns: WIDTH, x: wide(x), y: wide(target), kind: POINTWISE_LOSSES[kind] };
        return reduceSum(pointwiseTwin(call), 3);
      };
      return Float64Array.of(weights.x * part(all.x!) + weights.y * part(all.y!));
    },
  };
}

/** The programs by what they are. */
export const distillationCases: Readonly<Record<string, (tokens: number) => GradientCase>> = {
  "distances of distributions": (tokens) => divergenceCase(tokens),
  "a weighted sum of losses": (tokens) => weightedCase(tokens),
};
