/** Cases of matmul_split with weights of 16 bits. */

import { matmulSplit } from "../../../src/kernels/products/matmul_split.ts";
import type { Cases } from "../conformance.ts";
import { halvedCases } from "./matmul_cases.ts";

export function* cases(): Cases<typeof matmulSplit.f16> {
  for (const constants of matmulSplit.f16.constantSets()) yield* halvedCases(constants);
}
