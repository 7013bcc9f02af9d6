/** How much a GPU has worked. */

import { threadTimes } from "../../base/runtime.ts";
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
 * The clock of an adapter. A software adapter's work is the CPU time of the threads beside this one: neighbours on the
 * machine make work take several times as long, but hardly more CPU time. Other work is measured by the time it takes,
 * and so is all work in runtimes that do not tell the CPU time.
 */
export function workClock(adapterClass: AdapterClass): WorkClock {
  if (adapterClass !== "software" || threadTimes() === undefined) return TIME;
  return {
    now: () => (threadTimes() as { others: number }).others,
    most: Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1),
    stops: true,
  };
}
