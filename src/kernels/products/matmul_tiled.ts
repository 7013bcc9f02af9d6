/** Matrix multiplication for GPUs, by tiles in workgroup memory: see `kernels/matmul_tiled.wgsl`. */

import source from "../../../kernels/matmul_tiled.wgsl" with { type: "text" };
import { defineWeightKernel } from "../kernel.ts";
import { MATMUL_BINDINGS, MATMUL_BUFFERS, MATMUL_EPILOGUE, MATMUL_PARAMS, MATMUL_WORK } from "./matmul_contract.ts";

/** Eight rows and columns an invocation: half as many reads of workgroup memory as with four. */
const LARGE_BLOCKS = { THREAD_M: 8, THREAD_N: 8 };

/** Candidates, by the outputs of a workgroup. The last needs 32 KiB; the others fit the 16 KiB of every device. */
const TILES = [
  {}, // 64 x 64
  { TILE_M: 32, TILE_N: 32 },
  { TILE_M: 32, TILE_N: 64 },
  { ...LARGE_BLOCKS },
  { ...LARGE_BLOCKS, TILE_M: 128, TILE_N: 64, TILE_K: 8 },
  { ...LARGE_BLOCKS, TILE_M: 128, TILE_N: 128, TILE_K: 8 },
  { ...LARGE_BLOCKS, TILE_M: 128, TILE_N: 128 },
];

/** The product of `matmul_contract.ts`, by tiles in workgroup memory. */
export const matmulTiled = defineWeightKernel({
  name: "matmul_tiled",
  summary: "out = activation(A * B + bias * s) + residual, for GPUs",
  source: source + MATMUL_BUFFERS + MATMUL_EPILOGUE,
  bindings: MATMUL_BINDINGS,
  params: MATMUL_PARAMS,
  work: MATMUL_WORK,
  constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0, TILE_M: 64, TILE_N: 64, TILE_K: 16, THREAD_M: 4, THREAD_N: 4 },
  constantSets: [
    ...TILES,
    ...TILES.map((tile) => ({ ...tile, TRANSPOSE_B: 1 })),
    { TRANSPOSE_A: 1 },
    { TRANSPOSE_A: 1, TRANSPOSE_B: 1 },
  ],
  workgroupSize: (constants) => {
    checkTile(constants);
    const { TILE_M, TILE_N, THREAD_M, THREAD_N } = constants;
    return [TILE_N / THREAD_N, TILE_M / THREAD_M, 1];
  },
  workgroupBytes: ({ TILE_M, TILE_N, TILE_K }) => 2 * TILE_K * (TILE_M + TILE_N) * Float32Array.BYTES_PER_ELEMENT,
  grid: ({ m, n, batch }, { TILE_M, TILE_N }) => [Math.ceil(n / TILE_N), Math.ceil(m / TILE_M), batch],
});

/** Refuses tiles that the shader would multiply wrongly; the rules stand at its head. */
function checkTile(
  { TILE_M, TILE_N, TILE_K, THREAD_M, THREAD_N }: Readonly<
    Record<"TILE_M" | "TILE_N" | "TILE_K" | "THREAD_M" | "THREAD_N", number>
  >,
): void {
  const threads = TILE_M / THREAD_M * TILE_N / THREAD_N;
  const blocks = TILE_K * (TILE_M + TILE_N) / 16;
  const sound = [4, 8].includes(THREAD_M) && TILE_M % (8 * THREAD_M) === 0 &&
    [4, 8].includes(THREAD_N) && TILE_N % (8 * THREAD_N) === 0 &&
    [8, 16, 32].includes(TILE_K) && blocks >= threads / 2 && blocks <= 2 * threads;
  if (sound) return;
  throw new RangeError(
    `Cannot run kernel matmul_tiled: TILE_M and TILE_N must be multiples of 8 * THREAD_M and 8 * THREAD_N, which are ` +
      `4 or 8, TILE_K 8, 16 or 32, and a stage half a block to two for each invocation, got TILE_M=${TILE_M}, ` +
      `TILE_N=${TILE_N}, TILE_K=${TILE_K}, THREAD_M=${THREAD_M}, THREAD_N=${THREAD_N}; use one of its variants`,
  );
}
