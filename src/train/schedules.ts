/** Schedules of the learning rate, with the names and formulas of Hugging Face's `transformers.optimization`. */

import { checkOptionNames } from "../base/options.ts";

/** The factor of the initial learning rate in a step. Steps count from 0. */
export type Schedule = (step: number) => number;

/** Options of {@linkcode scheduleOf}. */
export interface ScheduleOptions {
  /** Steps in which the rate rises from 0 to the initial one. @default 0 */
  warmup_steps?: number;
  /** The same as a share of `total_steps`, rounded up; only one of the two may be given. */
  warmup_ratio?: number;
  /** Steps of the training. All schedules need it but `constant`, `constant_with_warmup` and `inverse_sqrt`. */
  total_steps?: number;
  /**
   * Of `cosine`: waves, by default 0.5, which falls from the initial rate to 0 once. Of `cosine_with_restarts`: how
   * often the rate falls from the initial one to 0, by default 1.
   */
  num_cycles?: number;
  /** Of `polynomial`: the exponent of what remains. @default 1 */
  power?: number;
  /** Of `polynomial`: the learning rate at the end, less than `lr`. @default 1e-7 */
  lr_end?: number;
  /** Of `polynomial`, which needs it: the initial learning rate. */
  lr?: number;
  /** Of `inverse_sqrt`: in how many steps its scale is. @default warmup_steps, or 10,000 without warm-up */
  timescale?: number;
}

/** The name of a schedule. */
export type ScheduleName =
  | "linear"
  | "cosine"
  | "cosine_with_restarts"
  | "polynomial"
  | "constant"
  | "constant_with_warmup"
  | "inverse_sqrt";

/** Checked options: steps of warm-up and in all, and the rest by its defaults. */
interface Terms {
  warmup: number;
  total: number;
  given: ScheduleOptions;
}

const ACTION = "make a schedule";

/** What each schedule is after its warm-up; `progress` goes from 0 at its end to 1 at the end of the training. */
const SHAPES: Readonly<Record<ScheduleName, (terms: Terms) => Schedule>> = {
  linear: ({ warmup, total }) => (step) => Math.max(0, (total - step) / Math.max(1, total - warmup)),

  cosine(terms) {
    const cycles = numberOf("num_cycles", terms.given.num_cycles ?? 0.5);
    const progress = progressOf(terms);
    return (step) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress(step))));
  },

  cosine_with_restarts(terms) {
    const cycles = numberOf("num_cycles", terms.given.num_cycles ?? 1);
    const progress = progressOf(terms);
    return (step) => {
      const done = progress(step);
      return done >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles * done % 1))));
    };
  },

  polynomial({ warmup, total, given }) {
    const { lr, lr_end = 1e-7 } = given;
    if (lr === undefined) throw new TypeError(`Cannot ${ACTION}: a polynomial one needs lr, the initial learning rate`);
    const power = numberOf("power", given.power ?? 1);
    if (!(lr_end >= 0 && lr_end < numberOf("lr", lr))) {
      throw new RangeError(
        `Cannot ${ACTION}: lr_end must be a number from 0 and below lr ${lr}, got ${String(lr_end)}`,
      );
    }
    return (step) => {
      if (step >= total) return lr_end / lr;
      return ((lr - lr_end) * (1 - (step - warmup) / (total - warmup)) ** power + lr_end) / lr;
    };
  },

  constant: () => () => 1,
  constant_with_warmup: () => () => 1,

  inverse_sqrt({ warmup, given }) {
    const timescale = numberOf("timescale", given.timescale ?? (warmup || 10_000));
    return (step) => 1 / Math.sqrt((step + timescale - warmup) / timescale);
  },
};

/** The names of all schedules. */
export const SCHEDULES = Object.keys(SHAPES) as readonly ScheduleName[];

/** Schedules without an end. */
const ENDLESS: readonly ScheduleName[] = ["constant", "constant_with_warmup", "inverse_sqrt"];

const OPTIONS: readonly (keyof ScheduleOptions)[] = [
  "warmup_steps",
  "warmup_ratio",
  "total_steps",
  "num_cycles",
  "power",
  "lr_end",
  "lr",
  "timescale",
];

/**
 * The schedule of a name: a function that gives the factor of the initial learning rate in a step. Steps count from 0,
 * so the first one of a warm-up has the factor 0. Every schedule but `constant` rises in a straight line from 0 to 1 in
 * its warm-up; what follows is, of T steps, w of them warm-up:
 *
 * - `linear`: (T - step) / (T - w), 0 after the end;
 * - `cosine`: half of 1 + cos(2 pi `num_cycles` (step - w) / (T - w));
 * - `cosine_with_restarts`: as many halves of a cosine from 1 to 0 as `num_cycles`, 0 after the end;
 * - `polynomial`: from 1 to `lr_end / lr` by the `power` of what remains;
 * - `constant` and `constant_with_warmup`: 1;
 * - `inverse_sqrt`: 1 / sqrt(1 + (step - w) / `timescale`).
 *
 * @throws {RangeError} If there is no such schedule, or an option is out of range.
 * @throws {TypeError} If an option that the schedule needs is missing, or there is no such option.
 *
 * @example
 * ```ts
 * import { scheduleOf } from "@narrowbert/webgpu";
 *
 * const factor = scheduleOf("linear", { warmup_steps: 2, total_steps: 6 });
 * console.log([0, 1, 2, 3, 4, 5, 6].map(factor)); // [0, 0.5, 1, 0.75, 0.5, 0.25, 0]
 * ```
 */
export function scheduleOf(name: ScheduleName, options: ScheduleOptions = {}): Schedule {
  if (!Object.hasOwn(SHAPES, name)) {
    throw new RangeError(
      `Cannot ${ACTION}: its name must be one of ${SCHEDULES.join(", ")}, got ${String(name)}`,
    );
  }
  checkOptionNames(ACTION, options, OPTIONS);
  const { warmup_steps, warmup_ratio, total_steps } = options;
  if (total_steps !== undefined) checkSteps("total_steps", total_steps);
  if (warmup_steps !== undefined) checkSteps("warmup_steps", warmup_steps);
  const needs = !ENDLESS.includes(name) ? `a ${name} one` : warmup_ratio !== undefined ? "warmup_ratio" : null;
  if (total_steps === undefined && needs !== null) {
    throw new TypeError(`Cannot ${ACTION}: ${needs} needs total_steps, the steps of the training`);
  }
  const total = total_steps ?? Infinity;
  const warmup = name === "constant" ? 0 : warmup_steps ?? ofRatio(warmup_ratio, total);
  if (warmup_steps !== undefined && warmup_ratio !== undefined) {
    throw new TypeError(`Cannot ${ACTION}: only one of warmup_steps and warmup_ratio may be given`);
  }
  const shape = SHAPES[name]({ warmup, total, given: options });
  return (step) => step < warmup ? step / warmup : shape(step);
}

function ofRatio(ratio: number | undefined, total: number): number {
  if (ratio === undefined) return 0;
  if (ratio >= 0 && ratio <= 1) return Math.ceil(ratio * total);
  throw new RangeError(`Cannot ${ACTION}: warmup_ratio must be from 0 to 1, got ${String(ratio)}`);
}

function checkSteps(thing: string, steps: number): void {
  if (Number.isInteger(steps) && steps >= 0) return;
  throw new RangeError(`Cannot ${ACTION}: ${thing} must be a whole number from 0, got ${String(steps)}`);
}

function numberOf(thing: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`Cannot ${ACTION}: ${thing} must be a positive number, got ${String(value)}`);
}

function progressOf({ warmup, total }: Terms): (step: number) => number {
  return (step) => (step - warmup) / Math.max(1, total - warmup);
}
