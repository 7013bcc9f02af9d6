/** Benches whose samples do something of a known amount several times: they report how much a second. */

import { type Rate, report, statistics } from "./report.ts";

/**
 * Registers a bench whose samples do `amount` of `unit` so many times, and reports the rate of the fastest and of the
 * median sample. `run` does one sample, and must wait for the GPU. Deno's own row is the time of a whole sample.
 *
 * @param peak What the adapter can do at most, in `unit`, as known at the end: the report says which share of it was reached.
 */
export function benchRate(
  { name, group, baseline = false, unit, times, amount, peak, warmup = 3, n = 20 }: {
    name: string;
    group: string;
    baseline?: boolean;
    unit: string;
    times: number;
    amount: number;
    peak?: () => number;
    warmup?: number;
    n?: number;
  },
  run: () => Promise<unknown>,
): void {
  const milliseconds: number[] = [];
  let calls = 0;
  Deno.bench({ name: `${name}, ${times} times`, group, baseline, warmup, n }, async () => {
    const start = performance.now();
    await run();
    const took = performance.now() - start;
    // The first calls are Deno's warm-up; those samples pay for compilation and do not count.
    if (++calls > Math.max(1, warmup)) milliseconds.push(took);
  });
  report(() => {
    if (milliseconds.length === 0) return []; // left out by a filter
    const { minimum, median } = statistics(milliseconds);
    const rate = (ms: number) => times * amount / ms * 1000;
    const entry: Rate = {
      kind: "rate",
      group,
      name,
      unit,
      best: rate(minimum),
      median: rate(median),
      samples: milliseconds.length,
    };
    return [peak === undefined ? entry : { ...entry, share: entry.best / peak() }];
  });
}
