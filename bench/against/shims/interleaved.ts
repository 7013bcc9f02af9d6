/**
 * What a side loads in place of its `bench/interleaved.ts`: each run of a round is a work of its own. By the import map
 * of `side.ts`, the imports below load that file of the side's own tree, whose other exports are unchanged.
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
