/** What the kernels that measure an adapter declare alike. */

import type { Grid } from "../kernel.ts";

/** So many workgroups, of several sizes. */
export const workgroups = {
  params: { groups: "u32" },
  constants: { WORKGROUP: 64 },
  constantSets: [{ WORKGROUP: 8 }, { WORKGROUP: 64 }, { WORKGROUP: 256 }],
  workgroupSize: ({ WORKGROUP }: { WORKGROUP: number }): Grid => [WORKGROUP, 1, 1],
  grid: ({ groups }: { groups: number }): Grid => [groups, 1, 1],
} as const;
