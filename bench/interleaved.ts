/** Runs that take turns, since `deno bench` would run one after the other, on a machine that changes meanwhile. */

import { type Race, report, statistics, type Target } from "./report.ts";

/** Rounds that count; one more goes before, which compiles. */
export const ROUNDS = 7;

/** Milliseconds of each run by name, in the order of the rounds. */
export type Samples = Map<string, number[]>;

/**
 * Registers a bench of which a sample, and so Deno's own row, is one round: all runs, one after the other, each beginning
 * in turn. Gives the samples of the runs, which are there when the bench is through.
 */
export function benchRounds(
  { name, group, rounds = ROUNDS }: { name: string; group?: string; rounds?: number },
  runs: Readonly<Record<string, () => Promise<unknown>>>,
): Samples {
  const names = Object.keys(runs);
  const samples: Samples = new Map(names.map((run) => [run, []]));
  let round = 0;
  // Deno calls a bench once for warm-up, and then once more than `n` says.
  Deno.bench({
    name: `${name}: all ${names.length} runs`,
    ...(group !== undefined && { group }),
    warmup: 1,
    n: rounds - 1,
  }, async () => {
    for (let turn = 0; turn < names.length; turn++) {
      const run = names[(round + turn) % names.length] as string;
      const start = performance.now();
      await runs[run]?.();
      const took = performance.now() - start;
      if (round > 0) samples.get(run)?.push(took);
    }
    round++;
  });
  return samples;
}

/** Registers a bench of runs that take turns, and reports each beside the `baseline`. */
export function benchRace(
  { name, baseline, targets = {}, rounds = ROUNDS }: {
    name: string;
    baseline: string;
    targets?: Readonly<Record<string, Target>>;
    rounds?: number;
  },
  runs: Readonly<Record<string, () => Promise<unknown>>>,
): void {
  const samples = benchRounds({ name, rounds }, runs);
  report(() => samples.get(baseline)?.length ? [raceOf(name, samples, { baseline, targets })] : []);
}

/** What samples say of a race. */
export function raceOf(
  name: string,
  samples: Samples,
  { baseline, targets = {} }: { baseline: string; targets?: Readonly<Record<string, Target>> },
): Race {
  const milliseconds = Object.fromEntries([...samples].map(([run, times]) => [run, statistics(times)]));
  const { minimum = NaN, median = NaN } = milliseconds[baseline] ?? {};
  const ratios = Object.fromEntries(
    Object.entries(milliseconds).filter(([run]) => run !== baseline).map(([run, times]) => {
      return [run, { minima: minimum / times.minimum, medians: median / times.median, ...targets[run] }];
    }),
  );
  return { kind: "race", name, baseline, milliseconds, ratios };
}
