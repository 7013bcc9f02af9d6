/** What a comparison leaves behind: lines on the terminal, and a file in `bench/results/` shaped as those of our benches. */

import type { Race, Statistics } from "../report.ts";
import { resultFile, type Stamp, stampNow, writeJson } from "../result_file.ts";
import peers from "./deno.json" with { type: "json" };
import { exists } from "./files.ts";
import type { Work } from "./works.ts";

/** How fast this repository must be, and wants to be: in times the speed of the best WebGPU peer. */
const TARGETS = { gemm: { least: 3.5, aim: 6 }, model: { least: 3.5, aim: 5 }, step: { least: 3 } };

/** The parties on WebGPU besides this repository. */
const PEERS = ["jax", "ort_web", "tfjs"];

/** A party's largest error, and its samples in the order of the rounds. */
export interface Measured {
  error: number;
  milliseconds: number[];
  /** CPU time of all threads of its process. */
  cpu: number[];
}

/** One work by all parties; the best WebGPU peer is the baseline, times are those of one product, pass or step. */
export interface Result extends Race, Stamp {
  /** Largest difference of each party's numbers from the reference's. */
  errors: Record<string, number>;
  /** Floating-point operations of a product, pass or step a nanosecond, in the fastest sample. */
  gflops: Record<string, number>;
  /**
   * CPU time of a product, pass or step, in milliseconds. On a software adapter other programs hardly change it; on a GPU
   * it is that of JavaScript and the driver.
   */
  cpu: Record<string, Statistics>;
  /** Products, passes or steps of a sample. */
  times: number;
  /** Milliseconds of all samples, in the order of the rounds. */
  samples: Record<string, number[]>;
}

export function statistics(samples: readonly number[]): Statistics {
  const sorted = samples.toSorted((a, b) => a - b);
  return { minimum: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN };
}

export function resultOf(
  { name, kind, times, flop }: Work,
  parties: Record<string, Measured>,
  stamp: Stamp,
): Result {
  const each = <T>(value: (measured: Measured, party: string) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(parties).map(([party, measured]) => [party, value(measured, party)]));
  const milliseconds = each(({ milliseconds }) => statistics(milliseconds.map((ms) => ms / times)));
  const of = (party: string) => milliseconds[party] as Statistics;
  const [best = ""] = PEERS.filter((peer) => peer in parties).sort((a, b) => of(a).minimum - of(b).minimum);
  const minima = of(best).minimum / of("ours").minimum;
  const medians = of(best).median / of("ours").median;
  return {
    kind: "race",
    name,
    ...stamp,
    baseline: best,
    milliseconds,
    ratios: { ours: { minima, medians, ...TARGETS[kind] } },
    errors: each(({ error }) => error),
    gflops: each((_, party) => flop / of(party).minimum / 1e6),
    cpu: each(({ cpu }) => statistics(cpu.map((ms) => ms / times))),
    times,
    samples: each(({ milliseconds }) => milliseconds),
  };
}

/** The lines of a work on the terminal. */
export function summary({ name, baseline, milliseconds, ratios, errors, gflops, cpu }: Result): string {
  const lines = Object.entries(milliseconds).map(([party, { minimum, median }]) =>
    [
      `  ${party.padEnd(8)}`,
      `${minimum.toFixed(2).padStart(9)} ms at best`,
      `${median.toFixed(2).padStart(9)} ms at the median`,
      `${cpu[party]?.minimum.toFixed(2).padStart(9)} ms of CPU time at best`,
      `${gflops[party]?.toFixed(1).padStart(8)} GFLOP/s`,
      `error ${errors[party]?.toExponential(0)}`,
    ].join("  ")
  );
  const { minima, medians, least = 0, aim } = ratios.ours as Race["ratios"][string];
  const verdict = minima < least ? "TOO SLOW" : aim !== undefined && minima >= aim ? "aim reached" : "enough";
  const cpuRatio = (cpu[baseline]?.minimum ?? NaN) / (cpu.ours?.minimum ?? NaN);
  return [
    `${name}: ${minima.toFixed(2)} times the speed of the best WebGPU peer, ${baseline}, by minima, ` +
    `${medians.toFixed(2)} by medians, ${cpuRatio.toFixed(2)} by CPU time; ` +
    `at least ${least}${aim === undefined ? "" : `, aim ${aim}`}: ${verdict}`,
    ...lines,
  ].join("\n");
}

/** The stamp of what is measured from now on. */
export function peersStamp(): Promise<Stamp> {
  const packages = Object.values(peers.imports).map((specifier) => specifier.slice("npm:".length).split(/(?<=.)@/));
  return stampNow(Object.fromEntries(packages));
}

/** Writes a result to the file of its adapter, where those of other works stay, and says which. */
export async function writeResult(adapter: { name: string; class: string }, result: Result): Promise<string> {
  const file = resultFile("peers", adapter.name);
  const earlier: Result[] = await exists(file) ? JSON.parse(await Deno.readTextFile(file)).results : [];
  const byWork = new Map([...earlier, result].map((one) => [one.name, one]));
  return await writeJson(file, { bench: "peers", adapter, results: [...byWork.values()] });
}
