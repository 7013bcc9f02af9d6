/** How much a GPU has worked. */

import { cpuTime } from "../../base/runtime.ts";
import type { AdapterClass } from "../adapter.ts";

/** Measures work, in milliseconds. */
export interface WorkClock {
  /** Work so far; only differences mean something. */
  now(): number;
  /** Most work in a millisecond of time. */
  readonly most: number;
  /** Whether it stands still while the GPU is idle. */
  readonly stops: boolean;
}

/** A clock that runs whether the GPU works or not. */
const TIME: WorkClock = { now: () => performance.now(), most: 1, stops: false };

/**
 * The clock of an adapter. A software adapter's work is the CPU time of the process, in which the little that JavaScript
 * takes meanwhile does no harm: neighbours on the machine make work take several times as long, but hardly more CPU
 * time. Other work is measured by the time it takes, and so is all work in runtimes that do not tell the CPU time.
 */
export function workClock(adapterClass: AdapterClass): WorkClock {
  if (adapterClass !== "software" || cpuTime() === undefined) return TIME;
  return {
    now: () => cpuTime() as number,
    most: Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1),
    stops: true,
  };
}
