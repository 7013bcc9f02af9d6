/** One list of numbers of those of several windows. */

import type { Aggregation } from "./options.ts";

/** Numbers of each window, as many of each. */
type Lists = readonly ArrayLike<number>[];

const WAYS: Readonly<Record<Aggregation, (lists: Lists, i: number) => number>> = {
  first: ([first], i) => first![i] as number,
  max: (lists, i) => lists.reduce((most, list) => Math.max(most, list[i] as number), -Infinity),
  mean: (lists, i) => lists.reduce((sum, list) => sum + (list[i] as number), 0) / lists.length,
};

/**
 * The numbers of one window, or of several what an aggregation makes of them, place by place, in float64.
 *
 * @param lists One at least.
 */
export function aggregated(lists: Lists, aggregation: Aggregation): Float64Array {
  const way = WAYS[aggregation];
  return Float64Array.from({ length: lists[0]!.length }, (_, i) => way(lists, i));
}
