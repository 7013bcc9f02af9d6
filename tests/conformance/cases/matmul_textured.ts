/** Cases of matmul_textured: sizes round the edges of its tiles, every epilogue, batches of slices. */

import { matmulTextured } from "../../../src/kernels/products/matmul_textured.ts";
import type { Cases } from "../conformance.ts";
import { texturedCase } from "./matmul_cases.ts";

export function* cases(): Cases<typeof matmulTextured> {
  for (const constants of matmulTextured.constantSets()) {
    const sizes = [[1, 1, 1], [3, 2, 4], [15, 9, 8], [16, 65, 7], [17, 64, 33], [33, 129, 64], [65, 40, 768]] as const;
    for (const [m, n, k] of sizes) yield texturedCase(constants, { m, n, k, bias: 1 });
    for (const [m, n, k] of [[0, 5, 5], [5, 0, 5], [5, 5, 0]] as const) yield texturedCase(constants, { m, n, k });
    yield texturedCase(constants, { m: 5, n: 5, k: 0, bias: 2, activation: 1, residual: 1 });
    for (const batch of [1, 3]) {
      yield texturedCase(constants, { m: 21, n: 34, k: 6, batch, residual: 1 });
      yield texturedCase(constants, { m: 9, n: 13, k: 7, batch, bias: 2, activation: 2, residual: 1 });
    }
  }
  for (const bias of [0, 1, 2]) {
    for (const activation of [0, 1, 2, 3, 4, 5]) {
      yield texturedCase(matmulTextured.constants(), { m: 18, n: 13, k: 7, batch: 2, bias, activation, residual: 1 });
    }
  }
}
