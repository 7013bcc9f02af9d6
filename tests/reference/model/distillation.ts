/** The loss of a student and its teacher in float64. */

import { POINTWISE_LOSSES } from "../../../src/kernels/losses/pointwise_loss.ts";
import { klDivergence } from "../kl_divergence.ts";
import { pointwiseLoss } from "../pointwise_loss.ts";
import { reduceSum } from "../reduce_sum.ts";
import type { Model } from "./body.ts";
import { type LabelledCall, lossOf, resultsOf } from "./loss.ts";
import type { Rows } from "./state.ts";

/** What is learned from a teacher, and how much. */
export interface LessonCall {
  teacher: Model;
  temperature: number;
  weight: number;
  states: number;
}

/** The loss of a batch, and its parts before they are weighted. */
export function distilledLoss(
  student: Model,
  call: LabelledCall,
  { teacher, temperature, weight, states }: LessonCall,
): { loss: number; losses: { labels: number; soft: number; states?: number } } {
  const own = resultsOf(student, call);
  const taught = resultsOf(teacher, { ...call, inputs: withoutHeadMask(call.inputs) });
  const { count: rows, columns, data: x } = own.logits;
  const isDistribution = call.task !== "regression" && call.task !== "multi_label";
  const soft = isDistribution
    ? reduceSum(klDivergence({ rows, columns, temperature, x, y: taught.logits.data }), rows)
    : squaredError(own.logits, taught.logits);
  const labels = lossOf(student, call);
  const difference = states > 0 ? squaredError(own.states, taught.states) : 0;
  return {
    loss: (1 - weight) * labels + weight * soft + states * difference,
    losses: { labels, soft, ...(states > 0 && { states: difference }) },
  };
}

/** The mean over all elements of squared differences. */
function squaredError({ count: rows, columns, data: x }: Rows, { data: y }: Rows): number {
  return reduceSum(pointwiseLoss({ rows, columns, x, y, kind: POINTWISE_LOSSES.squared_error }), rows * columns);
}

/** The scales of heads are the student's. */
function withoutHeadMask<I extends { head_mask?: unknown }>({ head_mask: _, ...inputs }: I): Omit<I, "head_mask"> {
  return inputs;
}
