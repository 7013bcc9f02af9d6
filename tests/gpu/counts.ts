/** What a device has handed out and made so far: what must not change where nothing may be allocated. */

import type { Gpu } from "../../src/gpu/device.ts";

/** Numbers of things made, and bytes in use. */
export interface Counts {
  liveBytes: number;
  buffers: number;
  staging: number;
  stagingBytes: number;
  bindGroups: number;
  pipelines: number;
}

/** The counts of a device now. */
export function countsOf({ buffers, staging, bindGroups, pipelines }: Gpu): Counts {
  return {
    liveBytes: buffers.liveBytes,
    buffers: buffers.created,
    staging: staging.created,
    stagingBytes: staging.bytes,
    bindGroups,
    pipelines: pipelines.size,
  };
}
