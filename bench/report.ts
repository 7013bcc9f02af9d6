/** What benches print beside Deno's table: the adapter, and rates computed from each sample's own time. */

import { requestGpu } from "../mod.ts";

/** A measured quantity: how much of it one sample does. */
interface Rate {
  name: string;
  unit: string;
  perSample: number;
  milliseconds: number[];
}

const rates = new Map<string, Rate>();

/** The shared device; its adapter's name is printed once, on standard error, so that `--json` stays clean. */
export const gpu = await requestGpu();
console.error(`adapter: ${gpu.name} (${gpu.adapterClass})`);

/**
 * Registers a bench whose samples do `perSample` of `unit` each, and prints the rate of the fastest and of the median
 * sample when all benches are through. `run` must wait for its result: every sample holds one real read.
 */
export function benchRate(
  { name, group, baseline = false, unit, perSample, warmup = 3, n = 20 }: {
    name: string;
    group: string;
    baseline?: boolean;
    unit: string;
    perSample: number;
    warmup?: number;
    n?: number;
  },
  run: () => Promise<unknown>,
): void {
  let calls = 0;
  Deno.bench({ name, group, baseline, warmup, n }, async () => {
    const start = performance.now();
    await run();
    const took = performance.now() - start;
    // Deno calls a bench for its own estimate and warm-up first; those samples pay for compilation and do not count.
    if (++calls <= warmup + 1) return;
    const key = `${group} ${name}`;
    const rate = rates.get(key) ?? { name: key, unit, perSample, milliseconds: [] };
    rate.milliseconds.push(took);
    rates.set(key, rate);
  });
}

globalThis.addEventListener("unload", () => {
  for (const { name, unit, perSample, milliseconds } of rates.values()) {
    const sorted = milliseconds.sort((a, b) => a - b);
    const rate = (ms: number) => (perSample / ms * 1000).toPrecision(4);
    const [best = NaN] = sorted;
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
    console.error(`${name}: ${rate(best)} ${unit} at best, ${rate(median)} at the median of ${sorted.length} samples`);
  }
});
