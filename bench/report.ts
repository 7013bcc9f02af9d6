/**
 * What benches report beside Deno's table, each file when all of its benches are through: lines on standard error, so that
 * `--json` stays clean, and for `record.ts` the same as JSON in the file that `NARROWBERT_BENCH_REPORT` names.
 */

import { requestGpu } from "../src/gpu/device.ts";

/** How much of something samples did a second. */
export interface Rate {
  kind: "rate";
  group: string;
  name: string;
  unit: string;
  /** The rate of the fastest sample, and of the median one. */
  best: number;
  median: number;
  samples: number;
  /** Of what the adapter was measured to be capable of. */
  share?: number;
}

/** Milliseconds of runs that took turns, the fastest and the median one of each. */
export interface Race {
  kind: "race";
  name: string;
  /** The run that the others are compared with. */
  baseline: string;
  milliseconds: Record<string, Statistics>;
  /** How many times as fast as the baseline each other run is, by minima and by medians. */
  ratios: Record<string, { minima: number; medians: number } & Target>;
}

/** How many times as fast as the baseline a run must be, wants to be, and can be by its operations. */
export interface Target {
  least?: number;
  aim?: number;
  limit?: number;
}

/** Curves over the same places. */
export interface Curves {
  kind: "curves";
  name: string;
  x: string;
  at: number[];
  unit: string;
  series: Record<string, number[]>;
}

/** Numbers of one unit by name, and what they may be at most. */
export interface Figures {
  kind: "figures";
  name: string;
  unit: string;
  values: Record<string, number>;
  most?: Record<string, number>;
}

/** Words about what was found. */
export interface Note {
  kind: "note";
  text: string;
}

export function curves(entry: Omit<Curves, "kind">): Curves {
  return { kind: "curves", ...entry };
}

export function figures(entry: Omit<Figures, "kind">): Figures {
  return { kind: "figures", ...entry };
}

export function note(text: string): Note {
  return { kind: "note", text };
}

/** One thing that a bench found out, or says of it. */
export type Entry = Rate | Race | Curves | Figures | Note;

/** The fastest and the middle one of some samples. */
export interface Statistics {
  minimum: number;
  median: number;
}

/** What a bench file leaves for `record.ts`. */
export interface Report {
  adapter: { name: string; class: string };
  entries: Entry[];
}

/** The shared device; its adapter's name is printed once. */
export const gpu = await requestGpu();
console.error(`adapter: ${gpu.name} (${gpu.adapterClass})`);

const sources: (() => Entry[])[] = [];

/** Adds what a bench will have found out when all of the file are through. */
export function report(source: () => Entry[]): void {
  sources.push(source);
}

export function statistics(samples: readonly number[]): Statistics {
  const sorted = samples.toSorted((a, b) => a - b);
  return { minimum: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN };
}

globalThis.addEventListener("unload", () => {
  const entries = sources.flatMap((source) => source());
  for (const entry of entries) console.error(linesOf(entry).join("\n"));
  const file = Deno.env.get("NARROWBERT_BENCH_REPORT");
  if (file === undefined) return;
  const written: Report = { adapter: { name: gpu.name, class: gpu.adapterClass }, entries };
  Deno.writeTextFileSync(file, JSON.stringify(written));
});

function linesOf(entry: Entry): string[] {
  switch (entry.kind) {
    case "rate": {
      const { group, name, unit, best, median, samples, share } = entry;
      const of = share === undefined ? "" : `, ${(100 * share).toFixed(0)}% of the adapter's peak`;
      return [`${group} ${name}: ${digits(best)} ${unit} at best${of}, ${digits(median)} at the median of ${samples}`];
    }
    case "race":
      return raceLines(entry);
    case "curves": {
      const { name, x, at, unit, series } = entry;
      const row = (label: string, values: readonly (number | string)[]) =>
        `  ${label.padEnd(20)}${values.map((value) => String(value).padStart(9)).join("")}`;
      return [
        `${name}, ${unit}`,
        row(x, at),
        ...Object.entries(series).map(([label, values]) => row(label, values.map(digits))),
      ];
    }
    case "figures": {
      const { name, unit, values, most = {} } = entry;
      return Object.entries(values).map(([label, value]) => {
        const limit = most[label];
        const verdict = limit === undefined
          ? ""
          : `, at most ${digits(limit)}: ${value <= limit ? "kept" : "TOO MUCH"}`;
        return `${name}, ${label}: ${digits(value)} ${unit}${verdict}`;
      });
    }
    case "note":
      return [entry.text];
  }
}

function raceLines({ name, baseline, milliseconds, ratios }: Race): string[] {
  const lines = Object.entries(milliseconds).map(([run, { minimum, median }]) => {
    const times = `  ${run.padEnd(34)}${digits(minimum).padStart(8)} ms at best, ${digits(median)} at the median`;
    const ratio = ratios[run];
    if (ratio === undefined) return times;
    const { minima, medians, least, aim, limit } = ratio;
    const share = limit === undefined
      ? ""
      : `, FLOP limit ${limit.toFixed(2)}x (${(100 * minima / limit).toFixed(0)}% of it)`;
    const verdict = least === undefined || aim === undefined
      ? ""
      : `; at least ${least}x, aim ${aim}x: ${minima >= aim ? "aim reached" : minima >= least ? "enough" : "TOO SLOW"}`;
    return `${times}; ${minima.toFixed(2)}x by minima, ${medians.toFixed(2)}x by medians${share}${verdict}`;
  });
  return [`${name}: against "${baseline}"`, ...lines];
}

/** Four digits, without an exponent where they are enough to the left of the point. */
function digits(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : Number(value.toPrecision(4)).toString();
}
