/** How a profile of whatever this thread does begins. */

import { type ProfileOptions, Profiling } from "./profiling.ts";

/**
 * Starts a profile of all that this thread computes, whichever pipeline, model or trainer does: the times of every
 * kernel, if the adapter has `timestamp-query`, and what the CPU does meanwhile. Answers stay the same. One profile can
 * be under way at a time. What a Worker computes is not seen.
 *
 * @throws {Error} If one is under way.
 * @throws {RangeError} If `maxEvents` is no whole number.
 *
 * @example
 * ```ts
 * import { pipeline, startProfile } from "@narrowbert/webgpu";
 *
 * using classify = await pipeline("text-classification");
 * using profiling = startProfile();
 * await classify(["a large animal", "to go by air"]);
 * const profile = await profiling.stop();
 * console.log(profile.table());
 * ```
 */
export function startProfile(options: ProfileOptions = {}): Profiling {
  return new Profiling(options);
}
