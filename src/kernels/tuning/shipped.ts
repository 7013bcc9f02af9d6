/** The shipped choices: which variant runs in each slot, by adapter class, if no tuner has measured the adapter. */

import type { AdapterClass } from "../../gpu/adapter.ts";
import { attention } from "../attention/attention.ts";
import { attentionProbabilities } from "../attention/attention_probabilities.ts";
import { type Variant, variantOf } from "../kernel.ts";
import { matmul } from "../products/matmul.ts";
import { matmulSplit } from "../products/matmul_split.ts";
import { matmulTextured } from "../products/matmul_textured.ts";
import { matmulTiled } from "../products/matmul_tiled.ts";
import { candidates, misfit } from "./candidates.ts";
import { ATTENTION_SLOTS, isMatmulSlot, MATMUL_SLOTS, type Slot, type Tuning, tuningFrom } from "./slots.ts";

/** Variants by what they are for, under constants without transposes. */
interface Choices {
  /** Products by their rows. */
  few: Variant;
  some: Variant;
  several: Variant;
  many: Variant;
  /** Products of many rows with A transposed, and all others with A transposed. */
  manyTransposed?: Variant;
  transposed: Variant;
  /** Attention in one kernel, and in the slots that may store probabilities; by default the same. */
  attention: Variant;
  stored?: Variant;
}

/**
 * Rows in registers and no workgroup memory. On a CPU loads are what costs, those of texels least, and a workgroup is
 * one SIMD vector. A barrier forces values out of registers, so storing probabilities is cheaper than sharing them.
 */
const SOFTWARE: Choices = {
  few: variantOf(matmul, { ROWS: 4 }),
  some: variantOf(matmul),
  several: variantOf(matmulTextured),
  many: variantOf(matmulTextured),
  manyTransposed: variantOf(matmulTextured),
  transposed: variantOf(matmul),
  attention: variantOf(attention),
  stored: variantOf(attentionProbabilities),
};

/**
 * What every GPU can run: sums split over a workgroup for few rows, whose tiles would not fill a device, and tiles in
 * workgroup memory for more. These choices and those for vendors follow from the kernels' design; none was measured.
 */
const GPU: Choices = {
  few: variantOf(matmulSplit),
  some: variantOf(matmulSplit, { ROWS: 8, SPLITS: 16 }),
  several: variantOf(matmulSplit, { ROWS: 8, SPLITS: 16 }),
  many: variantOf(matmulTiled),
  transposed: variantOf(matmulTiled),
  attention: variantOf(attention, { LANES: 32 }),
};

/** Eight by eight outputs an invocation, for GPUs with registers enough: half the reads of workgroup memory. */
const LARGE_BLOCKS = variantOf(matmulTiled, { THREAD_M: 8, THREAD_N: 8 });

const SHIPPED: Readonly<Record<AdapterClass, Tuning>> = {
  software: tuning(SOFTWARE),
  nvidia: tuning({ ...GPU, many: LARGE_BLOCKS }),
  amd: tuning({ ...GPU, many: LARGE_BLOCKS }),
  intel: tuning({ ...GPU, attention: variantOf(attention, { LANES: 16 }) }), // its SIMD width for most shaders
  apple: tuning(GPU),
  other: tuning(GPU),
};

function tuning(choices: Choices): Tuning {
  return tuningFrom((slot) => {
    if (!isMatmulSlot(slot)) {
      return ATTENTION_SLOTS[slot].mayStore ? choices.stored ?? choices.attention : choices.attention;
    }
    const { transposeA, transposeB, rows } = MATMUL_SLOTS[slot];
    const { manyTransposed = choices.transposed } = choices;
    const transposed = rows === "many" && !transposeB ? manyTransposed : choices.transposed;
    const { kernel, constants } = transposeA ? transposed : choices[rows];
    // A kernel that cannot transpose A has no constant for it.
    return variantOf(kernel, {
      ...constants,
      ...(transposeA && { TRANSPOSE_A: 1 }),
      ...(transposeB && { TRANSPOSE_B: 1 }),
    });
  });
}

/**
 * The shipped choice for a class of adapters.
 *
 * @param limits If a choice does not fit them, the slot's first candidate that does takes its place.
 */
export function defaultTuning(adapterClass: AdapterClass, limits?: GPUSupportedLimits): Tuning {
  const shipped = SHIPPED[adapterClass];
  if (limits === undefined) return shipped;
  const fitting = (slot: Slot) => [shipped[slot], ...candidates(slot)].find((one) => misfit(one, limits) === null);
  return tuningFrom((slot) => fitting(slot) ?? shipped[slot]);
}
