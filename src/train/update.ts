/** A training step, as programs trace it. */

import { mean } from "../graph/ops/losses/mean.ts";
import { accumulate } from "../graph/ops/training/accumulate.ts";
import { meanGradient } from "../graph/ops/training/losses/mean_gradient.ts";
import type { ColumnRange } from "../graph/ops/training/optimizer/columns.ts";
import { STATE_SHAPE, stepControl } from "../graph/ops/training/optimizer/step_control.ts";
import { sumSquares } from "../graph/ops/training/optimizer/sum_squares.ts";
import type { Graph } from "../graph/graph.ts";
import type { Scalar } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";
import { type Learning, parameterGradients } from "../model/learning.ts";
import type { Parameter } from "../nn/parameters.ts";
import { type SettingsOf, type UpdatedParameter, updatedParameters } from "./groups.ts";

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

/**
 * The programs of a step. A `whole` batch is one call. Of a batch in `parts` each is a call of the same program, which
 * adds the gradients to sums; only the last one updates.
 */
export type Phase = "whole" | "parts";

/** A program of a step, and the residents that it declares. */
export interface PhaseProgram extends Learning {
  /** The residents by name, with their bytes. */
  residentBytes(parameters: readonly Parameter[]): Map<string, number>;
}

/** The programs of a step. */
export type StepPrograms = Readonly<Record<Phase, PhaseProgram>>;

/** Name of the resident that holds a moment of a weight. */
export function momentOf({ label }: Pick<Parameter, "label">, moment: string): string {
  return `${label}.${moment}`;
}

/** Name of the resident that holds the sum of a weight's gradients. */
const SUM = "sum";

/** Name of the resident that holds the sum of the losses, four times. */
const LOSSES = "losses.sum";

/**
 * The programs of a step of an optimizer. Learning rate, weight decay and the bound of the norm are scalars of a call;
 * the moments, the state and the sums are residents.
 */
export function stepPrograms<M extends string>(rule: UpdateRule<M>, settingsOf: SettingsOf): StepPrograms {
  const program = (phase: Phase): PhaseProgram => ({
    trace: (g, loss, parameters) =>
      tracePhase(g, { phase, rule, loss, all: updatedParameters(parameters, settingsOf) }),
    residentBytes(parameters) {
      const bytes = new Map<string, number>();
      bytes.set(STATE, 4 * (STATE_SHAPE as number[]).reduce((a, b) => a * b, 1));
      if (phase === "parts") bytes.set(LOSSES, 16);
      for (const { parameter } of updatedParameters(parameters, settingsOf)) {
        for (const name of rule.moments) bytes.set(momentOf(parameter, name), parameter.bytes);
        if (phase === "parts") bytes.set(momentOf(parameter, SUM), parameter.bytes);
      }
      return bytes;
    },
  });
  return { whole: program("whole"), parts: program("parts") };
}

interface PhaseCall<M extends string> {
  phase: Phase;
  rule: UpdateRule<M>;
  loss: Value;
  /** The weights that are not frozen. */
  all: readonly UpdatedParameter[];
}

function tracePhase<M extends string>(g: Graph, { phase, rule, loss, all }: PhaseCall<M>): void {
  const found = parameterGradients(g, loss, all.map(({ parameter }) => parameter));
  if (found.size === 0) throw new Error("Cannot take a step: the loss depends on no weight that is not frozen");
  if (phase === "whole") return traceUpdates(g, { rule, loss, all, gradients: found, applies: 1 });
  const keep = g.scalar("sums_kept");
  const add = (name: string, x: Value) =>
    accumulate(g, { label: `${name}.next`, to: g.resident(name, "f32", x.shape), x, keep });
  const gradients = new Map<Parameter, Value>();
  for (const { parameter } of all) {
    const gradient = found.get(parameter);
    if (gradient !== undefined) gradients.set(parameter, add(momentOf(parameter, SUM), gradient));
  }
  // A sum needs four columns, and the loss is one number.
  const losses = add(LOSSES, meanGradient(g, { label: "losses", dout: loss, count: 4, divisor: 1 }));
  const sum = mean(g, { label: "losses.all", x: losses, divisor: 4 });
  traceUpdates(g, { rule, loss: sum, all, gradients, applies: g.scalar("applies") });
}

function traceUpdates<M extends string>(
  g: Graph,
  { rule, loss, all, gradients, applies }: Omit<PhaseCall<M>, "phase"> & {
    gradients: ReadonlyMap<Parameter, Value>;
    applies: Scalar | number;
  },
): void {
  const learned = all.filter(({ parameter }) => gradients.has(parameter));
  const of = learned.flatMap(({ parameter, updated }) =>
    updated.map((columns) => ({ value: gradients.get(parameter) as Value, columns }))
  );
  const state = stepControl(g, {
    label: "control",
    partials: sumSquares(g, { label: "squares", of }),
    loss,
    state: g.resident(STATE, "f32", STATE_SHAPE),
    maxGradNorm: g.scalar("max_grad_norm", "f32"),
    applies,
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
}
