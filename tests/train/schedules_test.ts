/**
 * Schedules at their start, the end of the warm-up, in the middle, at the end and past it: values worked out by hand, and
 * those of Transformers, which `tools/metrics/golden.py` asked.
 */

import assert from "node:assert/strict";
import { scheduleOf } from "../../mod.ts";
import GOLDEN from "../golden/metrics/schedules.json" with { type: "json" };

type Call = Parameters<typeof scheduleOf>;

const W = { warmup_steps: 4, total_steps: 20 };

/** Factors by step. */
const CASES: [...Call, Record<number, number>][] = [
  ["linear", W, { 0: 0, 1: 0.25, 3: 0.75, 4: 1, 8: 0.75, 12: 0.5, 19: 0.0625, 20: 0, 30: 0 }],
  ["linear", { total_steps: 4 }, { 0: 1, 1: 0.75, 4: 0, 5: 0 }],
  ["linear", { total_steps: 4, warmup_steps: 4 }, { 0: 0, 3: 0.75, 4: 0, 5: 0 }],
  ["linear", { total_steps: 4, warmup_steps: 8 }, { 0: 0, 4: 0.5, 6: 0.75, 8: 0 }],
  ["linear", { total_steps: 0 }, { 0: 0, 1: 0 }],
  ["linear", { total_steps: 15, warmup_ratio: 0.1 }, { 0: 0, 1: 0.5, 2: 1, 15: 0 }],
  // cos(pi / 4) = sqrt(1/2) after a quarter of the way, cos(pi / 3) = 1/2 after a third.
  ["cosine", W, { 0: 0, 2: 0.5, 4: 1, 8: 0.5 + Math.SQRT1_2 / 2, 12: 0.5, 16: 0.5 - Math.SQRT1_2 / 2, 20: 0, 36: 1 }],
  ["cosine", { total_steps: 3 }, { 0: 1, 1: 0.75, 2: 0.25, 3: 0 }],
  ["cosine", { ...W, num_cycles: 1 }, { 4: 1, 8: 0.5, 12: 0, 16: 0.5, 20: 1 }],
  ["cosine_with_restarts", W, { 0: 0, 1: 0.25, 4: 1, 12: 0.5, 20: 0, 21: 0, 36: 0 }],
  ["cosine_with_restarts", { ...W, num_cycles: 2 }, { 4: 1, 8: 0.5, 12: 1, 16: 0.5, 20: 0, 28: 0 }],
  ["polynomial", { ...W, lr: 0.5, lr_end: 0.25 }, { 0: 0, 2: 0.5, 4: 1, 12: 0.75, 16: 0.625, 20: 0.5, 99: 0.5 }],
  ["polynomial", { ...W, lr: 0.5, lr_end: 0, power: 2 }, { 4: 1, 8: 0.5625, 12: 0.25, 16: 0.0625, 20: 0, 21: 0 }],
  ["polynomial", { ...W, lr: 1e-3 }, { 4: 1, 12: 0.50005, 20: 1e-4, 21: 1e-4 }],
  ["polynomial", { total_steps: 4, warmup_steps: 4, lr: 0.5, lr_end: 0.25 }, { 3: 0.75, 4: 0.5, 5: 0.5 }],
  ["constant", {}, { 0: 1, 1: 1, 1000: 1 }],
  ["constant", W, { 0: 1, 1: 1, 4: 1, 1000: 1 }],
  ["constant_with_warmup", { warmup_steps: 4 }, { 0: 0, 1: 0.25, 3: 0.75, 4: 1, 1000: 1 }],
  ["constant_with_warmup", { warmup_ratio: 0.25, total_steps: 10 }, { 0: 0, 1: 1 / 3, 3: 1, 11: 1 }],
  // By default the scale is the warm-up: 1 / sqrt(16 / 4) in step 16.
  ["inverse_sqrt", { warmup_steps: 4 }, { 0: 0, 1: 0.25, 4: 1, 9: 2 / 3, 16: 0.5, 64: 0.25 }],
  ["inverse_sqrt", {}, { 0: 1, 10_000: Math.SQRT1_2, 30_000: 0.5 }],
  ["inverse_sqrt", { warmup_steps: 4, timescale: 12 }, { 2: 0.5, 4: 1, 40: 0.5 }],
];

for (const [name, options, factors] of CASES) {
  Deno.test(`schedule ${name} of ${JSON.stringify(options)}`, () => {
    const schedule = scheduleOf(name, options);
    for (const [step, factor] of Object.entries(factors)) {
      const found = schedule(Number(step));
      assert.ok(Math.abs(found - factor) < 1e-12, `step ${step}: expected ${factor}, got ${found}`);
    }
  });
}

for (const [name, cases] of Map.groupBy(GOLDEN.cases, ({ name }) => name)) {
  Deno.test(`schedule ${name}: every factor is that of transformers.optimization`, () => {
    for (const { options, factors } of cases) {
      const schedule = scheduleOf(name as Call[0], options);
      for (const [step, factor] of factors as [number, number][]) {
        const found = schedule(step);
        const within = Math.abs(found - factor) <= 1e-15 * Math.max(1, Math.abs(factor));
        assert.ok(within, `${JSON.stringify(options)}, step ${step}: expected ${factor}, got ${found}`);
      }
    }
  });
}

Deno.test("schedules that cannot be are refused", () => {
  const refuse = (call: unknown[], name: string, message: string) =>
    assert.throws(() => scheduleOf(...call as Call), { name, message: `Cannot make a schedule: ${message}` });
  for (const name of ["step", "toString"]) refuse([name], "RangeError", noName(name));
  for (const name of ["linear", "cosine", "cosine_with_restarts", "polynomial"]) {
    refuse([name, { warmup_steps: 3 }], "TypeError", `a ${name} one needs total_steps, the steps of the training`);
  }
  refuse(
    ["constant_with_warmup", { warmup_ratio: 0.1 }],
    "TypeError",
    "warmup_ratio needs total_steps, the steps of the training",
  );
  refuse(
    ["linear", { total_steps: 9, warmup_steps: 1, warmup_ratio: 0.1 }],
    "TypeError",
    "only one of warmup_steps and warmup_ratio may be given",
  );
  refuse(["linear", { total_steps: 9, warmup: 1 }], "TypeError", `${noOption("warmup")}; did you mean "warmup_steps"?`);
  refuse(["linear", { total_steps: 2.5 }], "RangeError", "total_steps must be a whole number from 0, got 2.5");
  refuse(
    ["linear", { total_steps: 9, warmup_steps: -1 }],
    "RangeError",
    "warmup_steps must be a whole number from 0, got -1",
  );
  refuse(["linear", { total_steps: 9, warmup_ratio: 1.5 }], "RangeError", "warmup_ratio must be from 0 to 1, got 1.5");
  refuse(["polynomial", { total_steps: 9 }], "TypeError", "a polynomial one needs lr, the initial learning rate");
  refuse(
    ["polynomial", { total_steps: 9, lr: 1e-8 }],
    "RangeError",
    "lr_end must be a number from 0 and below lr 1e-8, got 1e-7",
  );
  refuse(["polynomial", { total_steps: 9, lr: 1, power: 0 }], "RangeError", "power must be a positive number, got 0");
  refuse(
    ["cosine", { total_steps: 9, num_cycles: NaN }],
    "RangeError",
    "num_cycles must be a positive number, got NaN",
  );
});

function noName(name: string): string {
  return "its name must be one of linear, cosine, cosine_with_restarts, polynomial, constant, constant_with_warmup, " +
    `inverse_sqrt, got ${name}`;
}

function noOption(name: string): string {
  return `there is no option "${name}"; options are warmup_steps, warmup_ratio, total_steps, num_cycles, power, lr_end, ` +
    "lr, timescale";
}
