/** Works of the matmul kernels: many tokens through a wide layer and a narrow one, their weights' gradients, and few rows. */

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
/** The products that are the gradients of such weights, with A stored transposed. */
const GRADIENTS: readonly Sizes[] = [[768, 768, 512], [384, 384, 128]];
const FEW: readonly Sizes[] = [[8, 768, 768], [1, 768, 768]];

export function matmulWorks(tuning: Tuning): Works<typeof matmul> {
  return [...works(tuning, matmul, [...MANY, ...FEW]), ...gradientWorks(tuning, matmul)];
}

/** These pay for the copies to textures each time. */
export function matmulTexturedWorks(tuning: Tuning): Works<typeof matmul> {
  return [...works(tuning, matmulTextured, MANY), ...gradientWorks(tuning, matmulTextured)];
}

export function matmulTiledWorks(tuning: Tuning): Works<typeof matmul> {
  return [...works(tuning, matmulTiled, MANY), ...gradientWorks(tuning, matmulTiled)];
}

export function matmulSplitWorks(tuning: Tuning): Works<typeof matmul> {
  return works(tuning, matmulSplit, FEW);
}

/** The same products by weights of 16 bits; such weights have no gradients. */
export function halved(works: Works<typeof matmul>): Works<typeof matmul> {
  return works.filter(({ constants }) => !constants?.TRANSPOSE_A).map((work) => {
    const { m, n, k } = work.params;
    return { ...work, ...matmulCase(work.constants ?? {}, { m, n, k, halves: true }), name: work.name };
  });
}

type MatmulKernel = typeof matmul | typeof matmulTextured | typeof matmulTiled | typeof matmulSplit;

/** Each size with B as stored and transposed. */
function works(tuning: Tuning, kernel: MatmulKernel, sizes: readonly Sizes[]): Works<typeof matmul> {
  return [
    ...sizes.map((size) => work(tuning, kernel, size)),
    ...sizes.map((size) => work(tuning, kernel, size, { transposeB: true })),
  ];
}

function gradientWorks(tuning: Tuning, kernel: MatmulKernel): Works<typeof matmul> {
  return GRADIENTS.map((size) => work(tuning, kernel, size, { transposeA: true }));
}

/** A product in the variant that the adapter gets, or else in the kernel's first. */
function work(
  tuning: Tuning,
  kernel: MatmulKernel,
  [m, n, k]: Sizes,
  { transposeA = false, transposeB = false } = {},
): Works<typeof matmul>[number] {
  const { all, pick } = matmulVariants(tuning, { transposeA, transposeB });
  const transposes = { ...(transposeA && { TRANSPOSE_A: 1 }), TRANSPOSE_B: Number(transposeB) };
  const base = matmulCase(kernel.constants(transposes), { m, n, k });
  const picked = all[pick(base.params)];
  return {
    ...base,
    ...(picked?.kernel.name === kernel.name && { constants: picked.constants }),
    name: `${m} x ${n} x ${k}${transposeA ? ", A transposed" : ""}${transposeB ? ", B transposed" : ""}`,
    amount: { gflop: 2 * m * n * k / 1e9 },
  };
}
