/** What samples of both sides say: how many times as fast the working tree is. */

import type { Time } from "./stopwatch.ts";

/** The samples of a work. */
export interface Compared {
  name: string;
  here: Time[];
  there: Time[];
}

/**
 * The other side's fastest sample over ours, by one of the clocks: over 1 if ours is faster, NaN if the clock stood
 * still.
 */
export function ratioOf({ here, there }: Compared, clock: keyof Time): number {
  const [ours, theirs] = [fastest(here, clock), fastest(there, clock)];
  return ours > 0 && theirs > 0 ? theirs / ours : NaN;
}

/** NaN of nothing. */
export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/** The heading of {@linkcode row}s; `commit` is the other side. */
export function heading(commit: string): string {
  return columns("ratio", "here, ms", `${commit}, ms`, "CPU ratio", "work");
}

/** A work's ratio and minima, and the ratio by processor time. */
export function row(work: Compared): string {
  const [here, there] = [fastest(work.here, "wall"), fastest(work.there, "wall")].map(digits);
  const [ratio, cpu] = [ratioOf(work, "wall"), ratioOf(work, "cpu")].map((ratio) => ratio.toFixed(3));
  return columns(ratio, here, there, cpu, work.name);
}

/** The ratios of all works that a clock could time, summarized. */
export interface Summary {
  works: number;
  mean: number;
  worst: { ratio: number; name: string };
}

export function summary(works: readonly Compared[], clock: keyof Time): Summary | null {
  const ratios = works.map((work) => ({ ratio: ratioOf(work, clock), name: work.name }));
  const [worst, ...rest] = ratios.filter(({ ratio }) => ratio > 0).sort((a, b) => a.ratio - b.ratio);
  if (worst === undefined) return null;
  return { works: 1 + rest.length, mean: geometricMean([worst, ...rest].map(({ ratio }) => ratio)), worst };
}

/** A summary by either clock, a line each. */
export function summaryLines(works: readonly Compared[]): string[] {
  return ([["time", "wall"], ["CPU time", "cpu"]] as const).map(([name, clock]) => {
    const found = summary(works, clock);
    if (found === null) return `${name}: nothing was compared`;
    const { mean, worst } = found;
    const of = `${found.works} work${found.works === 1 ? "" : "s"}`;
    return `${name}: geometric mean of ${of} ${mean.toFixed(3)}; worst ${worst.ratio.toFixed(3)}, ${worst.name}`;
  });
}

function fastest(samples: readonly Time[], clock: keyof Time): number {
  return Math.min(...samples.map((sample) => sample[clock]));
}

function columns(ratio = "", here = "", there = "", cpu = "", name = ""): string {
  return `${ratio.padStart(7)}${here.padStart(12)}${there.padStart(14)}${cpu.padStart(11)}  ${name}`;
}

/** Four digits, or all to the left of the point. */
function digits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
