/** Cases of matmul with weights of 16 bits. */

import { matmul } from "../../../src/kernels/products/matmul.ts";
import type { Cases } from "../conformance.ts";
import { halvedCases } from "./matmul_cases.ts";

export function* cases(): Cases<typeof matmul.f16> {
  for (const constants of matmul.f16.constantSets()) yield* halvedCases(constants);
}
