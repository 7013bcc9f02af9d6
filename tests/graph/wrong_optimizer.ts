/** Dropout and ops of optimizers that are wrong. */

import { dropout } from "../../src/graph/ops/training/dropout.ts";
import { adamw } from "../../src/graph/ops/training/optimizer/adamw.ts";
import { sgd } from "../../src/graph/ops/training/optimizer/sgd.ts";
import { stepControl } from "../../src/graph/ops/training/optimizer/step_control.ts";
import { sumSquares, sumSquaresOp } from "../../src/graph/ops/training/optimizer/sum_squares.ts";
import { apply } from "../../src/graph/op.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

function drop(v: Values, change: Partial<Parameters<typeof dropout>[1]>): void {
  const [seed, step] = [v.g.scalar("seed"), v.g.scalar("step")];
  dropout(v.g, { label, x: v.f32("T", 9), seed, step, rate: v.g.scalar("rate", "f32"), stream: 3, ...change });
}

function control(v: Values, change: Partial<Parameters<typeof stepControl>[1]>): void {
  const partials = sumSquares(v.g, { label: "squares", of: [{ value: v.f32(3, 5) }] });
  stepControl(v.g, { label, partials, loss: v.tight(1), state: v.weight("f32", 2, 4), ...change });
}

function adam(v: Values, change: Partial<Parameters<typeof adamw>[1]>): void {
  const [parameter, m, second, state] = [[3, 5], [3, 5], [3, 5], [2, 4]].map((shape) => v.weight("f32", ...shape));
  adamw(v.g, {
    label,
    parameter: parameter!,
    m: m!,
    v: second!,
    state: state!,
    gradient: v.f32(3, 5),
    lr: 1e-3,
    ...change,
  });
}

function descend(v: Values, change: Partial<Parameters<typeof sgd>[1]>): void {
  const [parameter, momentum, state] = [[3, 5], [3, 5], [2, 4]].map((shape) => v.weight("f32", ...shape));
  sgd(v.g, {
    label,
    parameter: parameter!,
    momentum: momentum!,
    state: state!,
    gradient: v.f32(3, 5),
    lr: 1e-3,
    ...change,
  });
}

/** The same calls without anything wrong. */
export const RIGHT: ((v: Values) => void)[] = [drop, control, adam, descend].map((build) => (v) => build(v, {}));

/** Wrong graphs of these ops. */
export const WRONG_OPTIMIZER: Wrong[] = [
  [
    "dropout",
    "a residual of other rows",
    (v) => drop(v, { residual: v.f32("R", 9) }),
    "residual must be [T, 9], got [R, 9]",
  ],
  ["dropout", "integers", (v) => drop(v, { x: v.u32("T", 4) }), "x must be f32, got u32 [T, 4]"],
  ["dropout", "a rate above 1", (v) => drop(v, { rate: 1.5 }), "rate must be from 0 to 1, got 1.5"],
  ["dropout", "a rate that is no number", (v) => drop(v, { rate: NaN }), "rate must be a finite number, got NaN"],
  [
    "dropout",
    "a whole rate",
    (v) => drop(v, { rate: v.g.scalar("whole") }),
    "rate must be an f32 scalar, got u32",
  ],
  [
    "dropout",
    "a seed of f32",
    (v) => drop(v, { seed: v.g.scalar("rate", "f32") }),
    "seed must be a u32 scalar, got f32",
  ],
  [
    "dropout",
    "a stream too far",
    (v) => drop(v, { stream: 4096 }),
    "stream must be a whole number from 0 to 4095, got 4096",
  ],
  [
    "sum_squares",
    "rows that calls size",
    (v) =>
      apply(v.g, sumSquaresOp, {
        label,
        inputs: { x: v.f32("T", 5), partials: v.f32(1, 9) },
        attributes: { to: 0, columns: null },
      }),
    "x must have a fixed shape, got [T, 5]",
  ],
  [
    "sum_squares",
    "a place past the end",
    (v) =>
      apply(v.g, sumSquaresOp, {
        label,
        inputs: { x: v.f32(64, 256), partials: v.f32(1, 9) },
        attributes: { to: 6, columns: null },
      }),
    "to must be a whole number from 0 to 5, got 6",
  ],
  [
    "sum_squares",
    "columns past the end",
    (v) =>
      apply(v.g, sumSquaresOp, {
        label,
        inputs: { x: v.f32(3, 9), partials: v.f32(1, 9) },
        attributes: { to: 0, columns: { at: 4, columns: 8 } },
      }),
    "columns must be a whole number from 1 to 5, got 8",
  ],
  ["step_control", "a loss for each row", (v) => control(v, { loss: v.tight(3) }), "loss must be one number, got [3]"],
  [
    "step_control",
    "a state of another shape",
    (v) => control(v, { state: v.weight("f32", 1, 8) }),
    "state must be [2, 4], got [1, 8]",
  ],
  [
    "step_control",
    "a beta of 1",
    (v) => control(v, { betas: [0.9, 1] }),
    "betas must be from 0 to less than 1, got 1",
  ],
  [
    "step_control",
    "a norm that is no number",
    (v) => control(v, { maxGradNorm: -1 }),
    "maxGradNorm must be 0 or more, got -1",
  ],
  [
    "step_control",
    "f32 that says whether the update waits",
    (v) => control(v, { applies: v.g.scalar("applies", "f32") }),
    "applies must be a u32 scalar, got f32",
  ],
  [
    "step_control",
    "a part of an update",
    (v) => control(v, { applies: 0.5 }),
    "applies must be a whole number from 0 to 4294967295, got 0.5",
  ],
  ["adamw", "a moment of another shape", (v) => adam(v, { v: v.weight("f32", 5, 3) }), "v must be [3, 5], got [5, 3]"],
  [
    "adamw",
    "weights of f16",
    (v) => adam(v, { parameter: v.weight("f16", 3, 5) }),
    "parameter must be f32, got f16 [3, 5]",
  ],
  ["adamw", "an epsilon of 0", (v) => adam(v, { eps: 0 }), "eps must be a positive number, got 0"],
  ["adamw", "a negative beta", (v) => adam(v, { betas: [-0.1, 0] }), "betas must be from 0 to less than 1, got -0.1"],
  [
    "adamw",
    "a gradient without padding",
    (v) => adam(v, { gradient: v.tight(3, 5) }),
    "gradient must be pitched, got tight f32 [3, 5]",
  ],
  [
    "adamw",
    "columns that begin within four",
    (v) => adam(v, { columns: { at: 2, columns: 3 } }),
    "first column must be a multiple of 4, got 2",
  ],
  [
    "sgd",
    "columns that end within four",
    (v) => descend(v, { columns: { at: 0, columns: 3 } }),
    "columns must be a multiple of 4, got 3",
  ],
  [
    "sgd",
    "a gradient of other columns",
    (v) => descend(v, { gradient: v.f32(3, 4) }),
    "gradient must be [3, 5], got [3, 4]",
  ],
  ["sgd", "a record as state", (v) => descend(v, { state: v.weight("f32", 1, 4) }), "state must be [2, 4], got [1, 4]"],
  ["sgd", "an infinite rate", (v) => descend(v, { lr: Infinity }), "lr must be a finite number, got Infinity"],
];
