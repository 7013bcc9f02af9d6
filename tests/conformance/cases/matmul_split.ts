/** Cases of matmul_split: few rows, k round what its splits share, both transposes, every epilogue, batches of slices. */

import { matmulSplit } from "../../../src/kernels/products/matmul_split.ts";
import type { Cases } from "../conformance.ts";
import { epilogueCases, matmulCase, smallCases } from "./matmul_cases.ts";

export function* cases(): Cases<typeof matmulSplit> {
  for (const constants of matmulSplit.constantSets()) {
    const { ROWS, COLUMNS, SPLITS } = constants as Record<"ROWS" | "COLUMNS" | "SPLITS", number>;
    const sizes = [
      [1, 1, 1],
      [2, 3, 4],
      [1, 64, 768],
      [ROWS - 1, 4 * COLUMNS + 1, 4 * SPLITS],
      [ROWS, 4 * COLUMNS - 1, 4 * SPLITS + 1],
      [ROWS + 1, 4 * COLUMNS, 4 * SPLITS - 1],
      [16, 33, 3 * SPLITS + 2],
      [65, 35, 37],
      [3, 769, 64],
    ] as const;
    for (const [m, n, k] of sizes) yield matmulCase(constants, { m, n, k, bias: 1 });
    yield* smallCases(constants);
  }
  yield* epilogueCases(matmulSplit.constants());
}
