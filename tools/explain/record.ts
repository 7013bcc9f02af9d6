/** Records the calls that some work makes on a device. */

import type { Gpu } from "../../src/gpu/device.ts";
import { observeCalls, type Recording } from "../../src/graph/program/recording.ts";

/**
 * Does some work, and returns its result and the calls of programs that it made, in the order in which they ended.
 * Weights are read back when a call is explained. So explain it before they are freed or updated by a later call.
 */
export async function recordCalls<T>(
  gpu: Gpu,
  work: () => Promise<T>,
): Promise<{ result: T; recordings: Recording[] }> {
  const recordings: Recording[] = [];
  observeCalls(gpu, (recording) => recordings.push(recording));
  try {
    return { result: await work(), recordings };
  } finally {
    observeCalls(gpu, null);
  }
}
