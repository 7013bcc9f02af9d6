/** Cases of matmul_tiled: sizes round the edges of its tiles, all transposes, every epilogue, batches of slices. */

import { matmulTiled } from "../../../src/kernels/products/matmul_tiled.ts";
import type { Cases } from "../conformance.ts";
import { epilogueCases, matmulCase, smallCases } from "./matmul_cases.ts";

export function* cases(): Cases<typeof matmulTiled> {
  for (const constants of matmulTiled.constantSets()) {
    const { TILE_M, TILE_N, TILE_K } = constants as Record<"TILE_M" | "TILE_N" | "TILE_K", number>;
    const sizes = [
      [1, 1, 1],
      [2, 3, 4],
      [TILE_M - 1, TILE_N + 1, TILE_K],
      [TILE_M, TILE_N - 1, TILE_K + 1],
      [TILE_M + 1, TILE_N, TILE_K - 1],
      [TILE_M / 2 + 1, 2 * TILE_N + 3, 2 * TILE_K + 2],
      [33, 40, 768],
    ] as const;
    for (const [m, n, k] of sizes) yield matmulCase(constants, { m, n, k, bias: 1 });
    yield matmulCase(constants, { m: TILE_M + 5, n: TILE_N + 5, k: 19, batch: 2, sliced: true, residual: 1 });
    yield* smallCases(constants);
  }
  yield* epilogueCases(matmulTiled.constants());
  // Blocks that are not square; no adapter has them by default.
  for (const [THREAD_M, THREAD_N] of [[4, 8], [8, 4]] as const) {
    yield matmulCase(matmulTiled.constants({ THREAD_M, THREAD_N }), { m: 67, n: 70, k: 33 });
  }
}
