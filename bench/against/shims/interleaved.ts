/**
 * What a side loads in place of its `bench/interleaved.ts`: each run of a round is a work of its own. `side.ts` has the
 * imports below mean that file of the side's own tree, whose other exports stay what they are.
 */

import type { benchRace as race, benchRounds as rounds, Samples } from "../../interleaved.ts";
import { addWork } from "../collector.ts";
import { timed } from "../stopwatch.ts";

export * from "../../interleaved.ts";

export function benchRounds(...[{ name, group }, runs]: Parameters<typeof rounds>): Samples {
  for (const [run, body] of Object.entries(runs)) addWork([group, name, run], { once: () => timed(() => body()) });
  return new Map();
}

export function benchRace(...[{ name }, runs]: Parameters<typeof race>): void {
  benchRounds({ name }, runs);
}
