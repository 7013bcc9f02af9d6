/** Works of the matmul kernels: many tokens through a wide layer and a narrow one, and few rows. */

import { matmul } from "../../src/kernels/products/matmul.ts";
import { matmulSplit } from "../../src/kernels/products/matmul_split.ts";
import { matmulTextured } from "../../src/kernels/products/matmul_textured.ts";
import { matmulTiled } from "../../src/kernels/products/matmul_tiled.ts";
import { matmulVariants } from "../../src/kernels/tuning/matmul_variants.ts";
import type { Tuning } from "../../src/kernels/tuning/slots.ts";
import { matmulCase } from "../../tests/conformance/cases/matmul_cases.ts";
import type { Works } from "./work.ts";

type Sizes = readonly [m: number, n: number, k: number];

const MANY: readonly Sizes[] = [[512, 768, 768], [128, 384, 384]];
const FEW: readonly Sizes[] = [[8, 768, 768], [1, 768, 768]];

export function matmulWorks(tuning: Tuning): Works<typeof matmul> {
  return works(tuning, matmul, [...MANY, ...FEW]);
}

/** These pay for the copies to textures each time. */
export function matmulTexturedWorks(tuning: Tuning): Works<typeof matmul> {
  return works(tuning, matmulTextured, MANY);
}

export function matmulTiledWorks(tuning: Tuning): Works<typeof matmul> {
  return works(tuning, matmulTiled, MANY);
}

export function matmulSplitWorks(tuning: Tuning): Works<typeof matmul> {
  return works(tuning, matmulSplit, FEW);
}

/** The same products by weights of 16 bits. */
export function halved(works: Works<typeof matmul>): Works<typeof matmul> {
  return works.map((work) => {
    const { m, n, k } = work.params;
    return { ...work, ...matmulCase(work.constants ?? {}, { m, n, k, halves: true }), name: work.name };
  });
}

/** Each size with B as stored and transposed, in the variant that the adapter gets, or else in the kernel's first. */
function works(
  tuning: Tuning,
  kernel: typeof matmul | typeof matmulTextured | typeof matmulTiled | typeof matmulSplit,
  sizes: readonly Sizes[],
): Works<typeof matmul> {
  return [false, true].flatMap((transposeB) => {
    const { all, pick } = matmulVariants(tuning, { transposeB });
    return sizes.map(([m, n, k]) => {
      const base = matmulCase(kernel.constants({ TRANSPOSE_B: Number(transposeB) }), { m, n, k });
      const picked = all[pick(base.params)];
      return {
        ...base,
        ...(picked?.kernel.name === kernel.name && { constants: picked.constants }),
        name: `${m} x ${n} x ${k}${transposeB ? ", B transposed" : ""}`,
        amount: { gflop: 2 * m * n * k / 1e9 },
      };
    });
  });
}
