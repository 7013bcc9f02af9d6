/** Cases of matmul: sizes pairwise, all transposes, every epilogue, batches of slices. */

import { matmul } from "../../../src/kernels/products/matmul.ts";
import type { Cases } from "../conformance.ts";
import { epilogueCases, matmulCase, smallCases } from "./matmul_cases.ts";

const SMALL = [1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129];
const LARGE = [768, 3072];

export function* cases(): Cases<typeof matmul> {
  for (const [i, constants] of matmul.constantSets().entries()) {
    const thorough = i === 0;
    const sizes = thorough ? pairwise(SMALL, LARGE) : pairwise([1, 3, 32, 33, 65], [768]);
    for (const [m, n, k] of sizes) yield matmulCase(constants, { m, n, k });
    yield* smallCases(constants);
  }
  yield* epilogueCases(matmul.constants());
}

/** Sizes [m, n, k] in which every pair of small sizes, and of a small and a large one, occurs in every two places. */
function* pairwise(small: readonly number[], large: readonly number[]): Generator<[number, number, number]> {
  const at = (i: number) => small[i % small.length] as number;
  for (let i = 0; i < small.length; i++) {
    for (let j = 0; j < small.length; j++) yield [at(i), at(j), at(i + j)];
    for (const size of large) {
      yield [size, at(i), at(i + 1)];
      yield [at(i), size, at(i + 1)];
      yield [at(i), at(i + 1), size];
    }
  }
}
