/** Clocks that measure how much a GPU has worked. */

import { cpuTime } from "../../base/runtime.ts";
import type { AdapterClass } from "../adapter.ts";

/** Measures work, in milliseconds. */
export interface WorkClock {
  /** Work so far; only differences mean something. */
  now(): number;
  /** Upper bound of the work in a millisecond of time: 1, or the number of cores. */
  readonly most: number;
  /** Whether it stands still while the GPU is idle. */
  readonly stops: boolean;
}

/** A clock that runs whether the GPU works or not. */
const TIME: WorkClock = { now: () => performance.now(), most: 1, stops: false };

/**
 * The clock of an adapter. For a software adapter it is the CPU time of the process: other programs on the machine make
 * work take several times as long, but hardly more CPU time. JavaScript's own CPU time is small enough to ignore. For
 * all other adapters, and in runtimes that do not tell the CPU time, it is time itself.
 */
export function workClock(adapterClass: AdapterClass): WorkClock {
  if (adapterClass !== "software" || cpuTime() === undefined) return TIME;
  return {
    now: () => cpuTime() as number,
    most: Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1),
    stops: true,
  };
}
