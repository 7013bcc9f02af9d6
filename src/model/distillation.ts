/** Distillation: a second model, the teacher, in the program of a student's loss. */

import type { Graph } from "../graph/graph.ts";
import { klDivergence } from "../graph/ops/losses/kl_divergence.ts";
import { mean } from "../graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../graph/ops/losses/pointwise_loss.ts";
import { weightedSum } from "../graph/ops/losses/weighted_sum.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { lastOf } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";
import type { Stage } from "./stage.ts";

/** How logits are compared with a teacher's: as distributions at a temperature, or number by number. */
export type Comparison = "kl_divergence" | "squared_error";

/** What a student learns from a teacher: constants of a program. */
export interface Lesson {
  /** Gives the teacher's logits. */
  readonly stage: Stage;
  readonly comparison: Comparison;
  /** Whether the last states of the rows are compared too. */
  readonly states: boolean;
}

/** The scalars of a program with a teacher. */
export interface LessonScalars extends Record<string, number> {
  temperature: number;
  labels_weight: number;
  soft_weight: number;
  states_weight: number;
  /** How many rows of logits, and of states, are compared in all parts of a batch. */
  soft_rows: number;
  states_rows: number;
}

/** What a model makes of the rows. */
export interface RowResults {
  /** The last states, `[rows, H]`. */
  states: Value;
  logits: Value;
}

/** The parts of a loss by name; those that there are. */
export interface LossParts {
  /** The mean loss over the labels. */
  labels?: number;
  /** The mean distance of the logits from the teacher's. */
  soft: number;
  /** The mean squared difference of the last states from the teacher's. */
  states?: number;
}

const PARTS = ["labels", "soft", "states"] as const;

/**
 * Traces a student's loss: the weighted sum of that of the labels, if there are any, and of its distances from the
 * teacher. The parts become outputs.
 */
export function traceDistillation(
  g: Graph,
  lesson: Lesson,
  { student, labels, teacher }: { student: RowResults; labels: Value | undefined; teacher: RowResults },
): Value {
  const states = { x: student.states, y: teacher.states };
  const found = {
    labels,
    soft: softLoss(g, lesson, { x: student.logits, y: teacher.logits }),
    states: lesson.states ? squaredError(g, "states", states) : undefined,
  };
  const parts = PARTS.flatMap((name) => {
    const value = found[name];
    if (value === undefined) return [];
    g.output(outputOf(name), value);
    return [{ value, weight: g.scalar(`${name}_weight`, "f32") }];
  });
  return weightedSum(g, { label: "distillation", parts });
}

/** The parts of a loss that the calls of a batch's parts have read back. */
export function readLossParts(calls: readonly ReadonlyMap<string, RunOutput>[]): LossParts {
  const parts = PARTS.flatMap((name) => {
    const found = calls.flatMap((outputs) => outputs.get(outputOf(name)) ?? []);
    return found.length === 0 ? [] : [[name, found.reduce((sum, { data }) => sum + (data[0] as number), 0)]];
  });
  return Object.fromEntries(parts) as LossParts;
}

function outputOf(part: string): string {
  return `loss.${part}`;
}

/** The mean distance of logits `[rows, columns]` from a teacher's. */
function softLoss(g: Graph, { comparison }: Lesson, { x, y }: { x: Value; y: Value }): Value {
  if (comparison === "squared_error") return squaredError(g, "soft", { x, y });
  const temperature = g.scalar("temperature", "f32");
  const losses = klDivergence(g, { label: "soft_loss.rows", x, y, temperature });
  return mean(g, { label: "soft_loss", x: losses, divisor: g.scalar("soft_rows") });
}

/** The mean over all elements of squared differences. */
function squaredError(g: Graph, part: "soft" | "states", { x, y }: { x: Value; y: Value }): Value {
  const losses = pointwiseLoss(g, { label: `${part}_loss.rows`, x, y, kind: "squared_error" });
  return mean(g, { label: `${part}_loss`, x: losses, divisor: [g.scalar(`${part}_rows`), lastOf(x.shape)] });
}
