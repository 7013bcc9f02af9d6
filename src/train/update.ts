/** A training step, as a program traces it. */

import type { ColumnRange } from "../graph/ops/training/optimizer/columns.ts";
import { STATE_SHAPE, stepControl } from "../graph/ops/training/optimizer/step_control.ts";
import { sumSquares } from "../graph/ops/training/optimizer/sum_squares.ts";
import type { Graph } from "../graph/graph.ts";
import type { Scalar } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";
import { type Learning, parameterGradients } from "../model/learning.ts";
import type { Parameter } from "../nn/parameters.ts";
import { type SettingsOf, updatedParameters } from "./groups.ts";

/** Name of the resident that holds the record of the last step, and the count of updates. */
export const STATE = "optimizer.state";

/** What an update of a matrix, or of some of its columns, is given. */
export interface UpdateCall {
  label: string;
  parameter: Value;
  gradient: Value;
  state: Value;
  lr: Scalar;
  weightDecay: Scalar;
  lrFactor: number;
  decays: boolean;
  columns: ColumnRange | null;
}

/** How an optimizer updates weights; `M` are the names of a weight's moments. */
export interface UpdateRule<M extends string = string> {
  /** The moments that each weight has, of its shape, zeros at first. */
  readonly moments: readonly M[];
  /** Of {@linkcode stepControl}. */
  readonly betas: readonly [number, number];
  /** Traces an update. */
  update(g: Graph, call: UpdateCall & { moments: Record<M, Value> }): void;
}

/** A step as a program, and the residents that it needs. */
export interface StepProgram extends Learning {
  /** The residents by name, with their bytes. */
  residentBytes(parameters: readonly Parameter[]): Map<string, number>;
}

/** Name of the resident that holds a moment of a weight. */
export function momentOf({ label }: Pick<Parameter, "label">, moment: string): string {
  return `${label}.${moment}`;
}

/**
 * A step of an optimizer. Learning rate, weight decay and the bound of the norm are scalars of a call; the moments and
 * the state are residents.
 */
export function stepProgram<M extends string>(rule: UpdateRule<M>, settingsOf: SettingsOf): StepProgram {
  return {
    trace(g, loss, parameters) {
      const all = updatedParameters(parameters, settingsOf);
      const gradients = parameterGradients(g, loss, all.map(({ parameter }) => parameter));
      const learned = all.filter(({ parameter }) => gradients.has(parameter));
      if (learned.length === 0) throw new Error("Cannot take a step: the loss depends on no weight that is not frozen");
      const of = learned.flatMap(({ parameter, updated }) =>
        updated.map((columns) => ({ value: gradients.get(parameter) as Value, columns }))
      );
      const state = stepControl(g, {
        label: "control",
        partials: sumSquares(g, { label: "squares", of }),
        loss,
        state: g.resident(STATE, "f32", STATE_SHAPE),
        maxGradNorm: g.scalar("max_grad_norm", "f32"),
        betas: rule.betas,
      });
      const common = { state, lr: g.scalar("lr", "f32"), weightDecay: g.scalar("weight_decay", "f32") };
      for (const { parameter, ranges } of learned) {
        const gradient = gradients.get(parameter) as Value;
        for (const range of ranges) {
          const moments = Object.fromEntries(
            rule.moments.map((name) => [name, g.resident(momentOf(parameter, name), "f32", parameter.shape)]),
          ) as Record<M, Value>;
          const label = `${parameter.label}.update`;
          rule.update(g, { ...common, ...range, label, parameter: g.parameter(parameter), gradient, moments });
        }
      }
      g.output("state", state);
    },

    residentBytes(parameters) {
      const bytes = new Map<string, number>([[STATE, 4 * (STATE_SHAPE as number[]).reduce((a, b) => a * b, 1)]]);
      for (const { parameter } of updatedParameters(parameters, settingsOf)) {
        for (const name of rule.moments) bytes.set(momentOf(parameter, name), parameter.bytes);
      }
      return bytes;
    },
  };
}
