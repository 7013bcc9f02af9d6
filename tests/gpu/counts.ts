/** What a device has handed out and made so far: what must not change where nothing may be allocated. */

import type { GpuCounts } from "../../src/gpu/counts.ts";
import type { Gpu } from "../../src/gpu/device.ts";

/** The counts of a device now. */
export function countsOf({ counts }: Gpu): GpuCounts {
  return counts;
}
