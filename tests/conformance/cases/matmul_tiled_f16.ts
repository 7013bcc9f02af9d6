/** Cases of matmul_tiled with weights of 16 bits. */

import { matmulTiled } from "../../../src/kernels/products/matmul_tiled.ts";
import type { Cases } from "../conformance.ts";
import { halvedCases } from "./matmul_cases.ts";

export function* cases(): Cases<typeof matmulTiled.f16> {
  for (const constants of matmulTiled.f16.constantSets()) yield* halvedCases(constants);
}
