/** What is drawn by chance in a training: each draw is a function of the seed, what it is for, and a place. */

import { philox } from "../../../base/random.ts";

/** What draws are for; each has numbers of its own. */
export const DRAWS = { blocks: 1, examples: 2, batches: 3, masks: 4, replacements: 5 } as const;

/** A key for the draws of one purpose in one epoch. */
export function keyOf(seed: number, purpose: keyof typeof DRAWS, epoch: number): number {
  return philox(seed, DRAWS[purpose], epoch)[0];
}

/** A random order of values (Fisher and Yates), a function of the key and `stream`. */
export function shuffled<T>(values: readonly T[], key: number, stream: number): T[] {
  const order = values.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(philox(key, stream, i)[0] / 2 ** 32 * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
