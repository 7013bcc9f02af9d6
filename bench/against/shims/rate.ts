/**
 * What a side loads in place of its `bench/rate.ts`: the reported time is that of one of the `times` of a sample, since
 * each side chooses its own number of them.
 */

import type { benchRate as rate } from "../../rate.ts";
import { addWork } from "../collector.ts";
import { timed } from "../stopwatch.ts";

export * from "../../rate.ts";

export function benchRate(...[{ name, group, times }, run]: Parameters<typeof rate>): void {
  addWork([group, name], { times, once: () => timed(() => run()) });
}
