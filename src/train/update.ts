/** The updates of a training step, as a program traces them. */

import { adamw } from "../graph/ops/training/optimizer/adamw.ts";
import { STATE_SHAPE, stepControl } from "../graph/ops/training/optimizer/step_control.ts";
import { sumSquares } from "../graph/ops/training/optimizer/sum_squares.ts";
import { type Learning, parameterGradients } from "../model/learning.ts";
import type { Parameter } from "../nn/parameters.ts";
import type { AdamWSettings } from "./adamw_settings.ts";

/** Name of the resident that holds the record of the last step, and the count of updates. */
export const STATE = "optimizer.state";

/** Names of the residents that hold a weight's moments. */
export function momentsOf({ label }: Pick<Parameter, "label">): { m: string; v: string } {
  return { m: `${label}.m`, v: `${label}.v` };
}

/**
 * A step of AdamW. Learning rate, weight decay and the bound of the norm are scalars of a call; the moments and the state
 * are residents.
 */
export function updateByAdamW({ betas, eps }: Pick<AdamWSettings, "betas" | "eps">): Learning {
  return {
    trace(g, loss, parameters) {
      const gradients = parameterGradients(g, loss, parameters);
      const [lr, weightDecay] = [g.scalar("lr", "f32"), g.scalar("weight_decay", "f32")];
      const maxGradNorm = g.scalar("max_grad_norm", "f32");
      const partials = sumSquares(g, { label: "squares", of: [...gradients.values()].map((value) => ({ value })) });
      const before = g.resident(STATE, "f32", STATE_SHAPE);
      const state = stepControl(g, { label: "control", partials, loss, state: before, maxGradNorm, betas });
      for (const [parameter, gradient] of gradients) {
        const { m, v } = momentsOf(parameter);
        const moment = (name: string) => g.resident(name, "f32", parameter.shape);
        adamw(g, {
          label: `${parameter.label}.update`,
          parameter: g.parameter(parameter),
          m: moment(m),
          v: moment(v),
          gradient,
          state,
          lr,
          weightDecay,
          betas,
          eps,
          decays: decays(parameter),
        });
      }
      g.output("state", state);
    },
  };
}

/** Whether weights decay: not biases, nor the weights of LayerNorms. */
function decays({ parts }: Parameter): boolean {
  return !parts.every(({ name }) => name.endsWith(".bias") || name.includes("LayerNorm"));
}

/** The residents of a step by name, with their bytes. */
export function residentBytes(parameters: readonly Parameter[]): Map<string, number> {
  const bytes = new Map<string, number>([[STATE, 4 * (STATE_SHAPE as number[]).reduce((a, b) => a * b, 1)]]);
  for (const parameter of parameters) {
    const { m, v } = momentsOf(parameter);
    for (const name of [m, v]) bytes.set(name, parameter.bytes);
  }
  return bytes;
}
