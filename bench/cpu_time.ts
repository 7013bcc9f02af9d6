/** Runs that take turns, timed by two clocks. */

import { cpuTime } from "../src/base/runtime.ts";
import { benchRounds, type Samples } from "./interleaved.ts";
import { gpu } from "./report.ts";

/** Samples of one clock, and what it is called in reports. */
export interface Clocked {
  /** Put behind the names of what is reported: nothing for time itself. */
  readonly by: string;
  readonly samples: Samples;
}

/**
 * As `benchRounds`, with the samples of time and, on software adapters, of the CPU time of all threads of this process:
 * other programs on the machine hardly change it.
 */
export function benchClocked(
  { name, rounds }: { name: string; rounds?: number },
  runs: Readonly<Record<string, () => Promise<unknown>>>,
): Clocked[] {
  const options = { name, ...(rounds !== undefined && { rounds }) };
  if (gpu.adapterClass !== "software" || cpuTime() === undefined) {
    return [{ by: "", samples: benchRounds(options, runs) }];
  }
  const times = new Map(Object.keys(runs).map((run) => [run, [] as number[]]));
  const warm = new Set<string>();
  const timed = Object.entries(runs).map(([run, body]) => [run, async () => {
    const start = cpuTime() as number;
    await body();
    const took = cpuTime() as number - start;
    if (warm.has(run)) times.get(run)?.push(took);
    warm.add(run); // by a first round, which does not count
  }]);
  const samples = benchRounds(options, Object.fromEntries(timed));
  return [{ by: "", samples }, { by: ", CPU time", samples: times }];
}
