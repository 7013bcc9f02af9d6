/** Recorded calls for tests of replays. */

import assert from "node:assert/strict";
import type { Gpu } from "../../src/gpu/device.ts";
import type { Recording } from "../../src/graph/program/recording.ts";
import { recordCalls } from "../../tools/explain/explain.ts";

/** Records the one call that some work makes on a device. */
export async function record(gpu: Gpu, work: () => Promise<unknown>): Promise<Recording> {
  const { recordings } = await recordCalls(gpu, work);
  assert.equal(recordings.length, 1);
  return recordings[0]!;
}
