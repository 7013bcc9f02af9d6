/** Matrix multiplication of many rows for software adapters, from textures: see `kernels/matmul_textured.wgsl`. */

import source from "../../../kernels/matmul_textured.wgsl" with { type: "text" };
import { defineKernel, MAX_TEXTURE_ROWS, type Params, pitch, type TextureView } from "../kernel.ts";
import { MATMUL_BINDINGS, MATMUL_EPILOGUE, MATMUL_PARAMS, MATMUL_REGISTERS, MATMUL_WORK } from "./matmul_contract.ts";

type MatmulParams = Params<keyof typeof MATMUL_PARAMS>;

/** The product of `matmul_contract.ts` with A and B in textures; see {@linkcode fitsTextures}. */
export const matmulTextured = defineKernel({
  name: "matmul_textured",
  summary: "out = activation(A * B + bias * s) + residual, for many rows on software adapters",
  source: source + MATMUL_REGISTERS + MATMUL_EPILOGUE,
  bindings: { ...MATMUL_BINDINGS, a: "texture", b: "texture" },
  params: MATMUL_PARAMS,
  work: MATMUL_WORK,
  constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0, ROWS: 16, WORKGROUP_X: 8 },
  constantSets: [
    {},
    { ROWS: 8 },
    { TRANSPOSE_B: 1 },
    { TRANSPOSE_B: 1, ROWS: 8 },
    { TRANSPOSE_A: 1 },
    { TRANSPOSE_A: 1, ROWS: 8 },
  ],
  workgroupSize: ({ WORKGROUP_X }) => [WORKGROUP_X, 1, 1],
  grid: ({ m, n, batch }, { ROWS, WORKGROUP_X }) => [Math.ceil(n / (8 * WORKGROUP_X)), Math.ceil(m / ROWS), batch],
  textures: (params, { TRANSPOSE_A, TRANSPOSE_B }) =>
    texturesOf(params, { transposeA: TRANSPOSE_A === 1, transposeB: TRANSPOSE_B === 1 }),
});

/** The matrices A and B in their buffers. */
function texturesOf(p: MatmulParams, { transposeA, transposeB }: Transposes): { a: TextureView; b: TextureView } {
  const [aColumns, aRows] = transposeA ? [pitch(p.m), p.k] : [pitch(p.k), p.m];
  const [bColumns, bRows] = transposeB ? [pitch(p.k), p.n] : [pitch(p.n), p.k];
  const columns = (distance: number, width: number) => (p.batch - 1) * distance + width;
  return {
    a: { offset: p.a_offset, stride: p.a_stride, columns: columns(p.a_batch, aColumns), rows: aRows },
    b: { offset: p.b_offset, stride: p.b_stride, columns: columns(p.b_batch, bColumns), rows: bRows },
  };
}

/** Which operands are stored transposed. */
interface Transposes {
  transposeA: boolean;
  transposeB: boolean;
}

/** A copy to a texture needs rows a multiple of 256 bytes apart, in elements. */
const ROW_UNIT = 64;

/** Least multiply-adds of a product for which textures save more than the copies cost. */
const LEAST_WORK = 2 ** 22;

/**
 * Whether {@linkcode matmulTextured} can run a product, and is worth it: the product is not small, rows are a multiple
 * of 256 bytes apart, matrices of a batch lie side by side, and no texture is larger than every device allows.
 */
export function fitsTextures(params: MatmulParams, transposes: Transposes): boolean {
  if (params.m * params.n * params.k * params.batch < LEAST_WORK) return false;
  const fits = ({ stride, columns, rows }: TextureView) =>
    stride % ROW_UNIT === 0 && columns <= stride && columns <= 4 * MAX_TEXTURE_ROWS && rows <= MAX_TEXTURE_ROWS;
  const { a, b } = texturesOf(params, transposes);
  return fits(a) && fits(b);
}
