/** The variants that may run in a slot, and whether a device can run them. */

import { checkLimits, pipelineKey } from "../../gpu/pipelines.ts";
import { attention } from "../attention/attention.ts";
import { attentionProbabilities } from "../attention/attention_probabilities.ts";
import { type Constants, type Kernel, type Variant, variantOf } from "../kernel.ts";
import { matmul } from "../products/matmul.ts";
import { matmulSplit } from "../products/matmul_split.ts";
import { matmulTextured } from "../products/matmul_textured.ts";
import { matmulTiled } from "../products/matmul_tiled.ts";
import { ATTENTION_SLOTS, isMatmulSlot, MATMUL_SLOTS, type RowClass, type Slot } from "./slots.ts";

/** Kernels that multiply matrices under one contract, by how many rows they are made for. */
const MATMULS: Readonly<Record<RowClass, readonly Kernel[]>> = {
  few: [matmul, matmulSplit],
  some: [matmul, matmulTiled, matmulSplit],
  several: [matmul, matmulTextured, matmulTiled, matmulSplit],
  many: [matmul, matmulTextured, matmulTiled],
};

/** All that may run in a slot. */
export function candidates(slot: Slot): Variant[] {
  if (isMatmulSlot(slot)) {
    const { transposeA, transposeB, rows } = MATMUL_SLOTS[slot];
    const transposes = { TRANSPOSE_A: Number(transposeA), TRANSPOSE_B: Number(transposeB) };
    // What does not fit textures falls back on a slot of fewer rows, so that of the fewest has none.
    const kernels = transposeA && rows === "several" ? MATMULS.some : MATMULS[rows];
    return kernels.flatMap((kernel) => variantsOf(kernel, transposes));
  }
  const forAttention: readonly Kernel[] = ATTENTION_SLOTS[slot].mayStore
    ? [attention, attentionProbabilities]
    : [attention];
  return forAttention.flatMap((kernel) => variantsOf(kernel, { RELATIVE: 0 }));
}

/** The variants of a kernel with the given constants; a constant that the kernel does not have is 0. */
function variantsOf(kernel: Kernel, constants: Constants): Variant[] {
  const wanted = Object.entries(constants);
  return kernel.constantSets()
    .filter((set) => wanted.every(([name, value]) => (set[name] ?? 0) === value))
    .map((set) => variantOf(kernel, set));
}

/** Whether two variants are the same pipeline. */
export function sameVariant(one: Variant, other: Variant): boolean {
  return pipelineKey(one.kernel.name, one.constants) === pipelineKey(other.kernel.name, other.constants);
}

/** Why a device with these limits cannot run a variant; null if it can. */
export function misfit({ kernel, constants }: Variant, limits: GPUSupportedLimits): string | null {
  try {
    checkLimits(kernel.request(constants), limits);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
