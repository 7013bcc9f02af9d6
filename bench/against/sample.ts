/** How a work is timed: short ones several times in a row, to even out the clock's resolution and chance. */

import type { Work } from "./collector.ts";
import type { Time } from "./stopwatch.ts";

/**
 * A sample is the fastest of `parts` parts. Each does the work `repeats` times. Both sides must have the same size,
 * since more parts find a faster one.
 */
export interface SampleSize {
  parts: number;
  repeats: number;
}

/** Milliseconds of all parts together, at least. */
const SAMPLE = 30;

/** Milliseconds of a part, at least: long for the clock, and short enough to be undisturbed on a busy machine. */
const PART = 1;

/** The size for a work that takes so many milliseconds at the faster side. */
export function sampleSize(milliseconds: number): SampleSize {
  const repeats = Math.ceil(PART / milliseconds);
  return { repeats, parts: Math.ceil(SAMPLE / (repeats * milliseconds)) };
}

/** The time of what a work measures: the fastest part by each clock. */
export async function sample(work: Work, { parts, repeats }: SampleSize): Promise<Time> {
  const least = { wall: Infinity, cpu: Infinity };
  for (let part = 0; part < parts; part++) {
    const { wall, cpu } = await meanOf(work, repeats);
    least.wall = Math.min(least.wall, wall / work.times);
    least.cpu = Math.min(least.cpu, cpu / work.times);
  }
  return least;
}

/** Does a work once to compile it, and then for as long as a sample takes; the time of doing it once. */
export async function warmUp(work: Work): Promise<Time> {
  await work.once();
  for (let repeats = 1;; repeats *= 4) {
    const mean = await meanOf(work, repeats);
    if (mean.wall * repeats >= SAMPLE) return mean;
  }
}

async function meanOf({ once }: Work, repeats: number): Promise<Time> {
  const sum = { wall: 0, cpu: 0 };
  for (let i = 0; i < repeats; i++) {
    const { wall, cpu } = await once();
    sum.wall += wall;
    sum.cpu += cpu;
  }
  return { wall: sum.wall / repeats, cpu: sum.cpu / repeats };
}
