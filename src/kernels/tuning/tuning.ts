/** Which variant of a kernel is fast on an adapter: shipped defaults by adapter class, or what a tuner measured there. */

import type { AdapterClass } from "../../gpu/adapter.ts";
import type { Gpu } from "../../gpu/device.ts";
import { checkLimits, pipelineKey } from "../../gpu/pipelines.ts";
import { attention } from "../attention/attention.ts";
import { attentionProbabilities } from "../attention/attention_probabilities.ts";
import { type Constants, type Kernel, type Params, type Variant, variantOf } from "../kernel.ts";
import { matmul } from "../products/matmul.ts";
import { matmulSplit } from "../products/matmul_split.ts";
import { fitsTextures, matmulTextured } from "../products/matmul_textured.ts";
import { matmulTiled } from "../products/matmul_tiled.ts";

/**
 * Where variants compete: products by how A and B are stored (`t` for transposed) and, where that is tuned, by how many
 * rows they have; attention by the layer's form.
 */
export const SLOTS = [
  "matmul_nn_few",
  "matmul_nn_some",
  "matmul_nn_many",
  "matmul_nt_few",
  "matmul_nt_some",
  "matmul_nt_many",
  "matmul_tn",
  "matmul_tt",
  "attention_full",
  "attention_projected",
  "attention_absorbed",
] as const;

/** One of {@linkcode SLOTS}. */
export type Slot = typeof SLOTS[number];

/** A slot of attention. */
export type AttentionSlot = Extract<Slot, `attention_${string}`>;

/** A slot of products. */
export type MatmulSlot = Exclude<Slot, AttentionSlot>;

/** Whether products run in a slot, rather than attention. */
export function isMatmulSlot(slot: Slot): slot is MatmulSlot {
  return slot.startsWith("matmul");
}

/** The variant that runs in each slot. */
export type Tuning = Readonly<Record<Slot, Variant>>;

/** Up to this many rows a product has few; up to the next, some. */
const FEW_ROWS = 4;
const SOME_ROWS = 64;

/** Kernels that multiply matrices under one contract, by how many rows they are made for. */
const MATMULS: Readonly<Record<string, readonly Kernel[]>> = {
  few: [matmul, matmulSplit],
  some: [matmul, matmulTiled, matmulSplit],
  many: [matmul, matmulTextured, matmulTiled],
};

/** All that may run in a slot. */
export function candidates(slot: Slot): Variant[] {
  if (slot === "attention_projected") return variantsOf(attention, { RELATIVE: 0 });
  if (!isMatmulSlot(slot)) {
    const kernels: readonly Kernel[] = [attention, attentionProbabilities];
    return kernels.flatMap((kernel) => variantsOf(kernel, { RELATIVE: 0 }));
  }
  const [, [a, b] = "", rows = "many"] = slot.split("_");
  const transposes = { TRANSPOSE_A: Number(a === "t"), TRANSPOSE_B: Number(b === "t") };
  return (MATMULS[rows] as readonly Kernel[]).flatMap((kernel) => variantsOf(kernel, transposes));
}

/** The variants of a kernel that have the given constants; one that it does not know is 0. */
function variantsOf(kernel: Kernel, constants: Constants): Variant[] {
  const wanted = Object.entries(constants);
  return kernel.constantSets()
    .filter((variant) => wanted.every(([name, value]) => (variant[name] ?? 0) === value))
    .map((variant) => variantOf(kernel, variant));
}

/** Whether attention runs as stored probabilities and their application, rather than in one kernel. */
export function storesProbabilities({ kernel }: Variant): boolean {
  return kernel.name === attentionProbabilities.name;
}

type MatmulVariant = Variant<keyof typeof matmul.params, keyof typeof matmul.bindings>;

/** What a product may run as, and which of it for its sizes. */
export interface MatmulChoice {
  all: MatmulVariant[];
  pick(params: Params<keyof typeof matmul.params>): number;
}

/** The variants of a product, by how A and B are stored and by the element type of B. */
export function matmulVariants(
  tuning: Tuning,
  { transposeA = false, transposeB = false, weights = "f32" }: {
    transposeA?: boolean | undefined;
    transposeB?: boolean | undefined;
    weights?: string;
  },
): MatmulChoice {
  const variant = (slot: Slot): MatmulVariant => {
    const { kernel, constants } = tuning[slot] as unknown as MatmulVariant;
    return weights === "f16" && kernel.f16 !== null ? { kernel: kernel.f16, constants } : { kernel, constants };
  };
  if (transposeA) return { all: [variant(transposeB ? "matmul_tt" : "matmul_tn")], pick: () => 0 };
  const slots = transposeB
    ? ["matmul_nt_few", "matmul_nt_some", "matmul_nt_many"] as const
    : ["matmul_nn_few", "matmul_nn_some", "matmul_nn_many"] as const;
  const all = slots.map(variant);
  const isTextured = all[2]!.kernel.name === matmulTextured.name;
  return {
    all,
    pick(params) {
      if (params.m <= FEW_ROWS) return 0;
      if (params.m <= SOME_ROWS) return 1;
      return isTextured && (weights === "f16" || !fitsTextures(params, transposeB)) ? 1 : 2;
    },
  };
}

/** Whether two variants are the same pipeline. */
export function sameVariant(one: Variant, other: Variant): boolean {
  return pipelineKey(one.kernel.name, one.constants) === pipelineKey(other.kernel.name, other.constants);
}

/** Why a device of some limits cannot run a variant; null where it can. */
export function misfit({ kernel, constants }: Variant, limits: GPUSupportedLimits): string | null {
  try {
    checkLimits(kernel.request(constants), limits);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The shipped choice for a class of adapters.
 *
 * @param limits Where a choice does not fit them, the slot's first candidate that does takes its place.
 */
export function defaultTuning(adapterClass: AdapterClass, limits?: GPUSupportedLimits): Tuning {
  const shipped = SHIPPED[adapterClass];
  if (limits === undefined) return shipped;
  const fitting = (slot: Slot) => [shipped[slot], ...candidates(slot)].find((one) => misfit(one, limits) === null);
  return Object.fromEntries(SLOTS.map((slot) => [slot, fitting(slot) ?? shipped[slot]])) as Tuning;
}

const tunings = new WeakMap<Gpu, Tuning>();

/** What runs on a device: what {@linkcode useTuning} set, else the default of its class. */
export function tuningOf(gpu: Gpu): Tuning {
  return tunings.get(gpu) ?? defaultTuning(gpu.adapterClass, gpu.limits);
}

/** Makes programs that are traced from now on run with some variants in place of the defaults. */
export function useTuning(gpu: Gpu, tuning: Partial<Tuning>): void {
  tunings.set(gpu, { ...defaultTuning(gpu.adapterClass, gpu.limits), ...tuning });
}

/** Whether {@linkcode useTuning} was called for a device. */
export function isTuned(gpu: Gpu): boolean {
  return tunings.has(gpu);
}

/** Variants by what they are for, under constants without transposes. */
interface Choices {
  /** Products by their rows, and those with A transposed. */
  few: Variant;
  some: Variant;
  many: Variant;
  transposed: Variant;
  /** Attention in one kernel, and where probabilities may be stored. */
  attention: Variant;
  stored?: Variant;
}

/**
 * Rows in registers and no workgroup memory: there loads are what costs, those of texels least, a workgroup is one SIMD
 * vector, and barriers keep values from staying in registers, so that storing probabilities is cheaper than sharing them.
 */
const SOFTWARE: Choices = {
  few: variantOf(matmul, { ROWS: 4 }),
  some: variantOf(matmul),
  many: variantOf(matmulTextured),
  transposed: variantOf(matmul),
  attention: variantOf(attention),
  stored: variantOf(attentionProbabilities),
};

/**
 * What every GPU can run: for few rows, whose tiles would not fill a device, sums split over a workgroup, and else tiles
 * in workgroup memory. These choices and those for vendors follow from the kernels' design; no GPU has measured them.
 */
const GPU: Choices = {
  few: variantOf(matmulSplit),
  some: variantOf(matmulSplit, { ROWS: 8, SPLITS: 16 }),
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

function tuning({ few, some, many, transposed, attention, stored = attention }: Choices): Tuning {
  const product = ({ kernel, constants }: Variant, transposes: Constants) =>
    variantOf(kernel, { ...constants, ...transposes });
  const [nt, tn, tt] = [{ TRANSPOSE_B: 1 }, { TRANSPOSE_A: 1 }, { TRANSPOSE_A: 1, TRANSPOSE_B: 1 }] as const;
  return {
    matmul_nn_few: few,
    matmul_nn_some: some,
    matmul_nn_many: many,
    matmul_nt_few: product(few, nt),
    matmul_nt_some: product(some, nt),
    matmul_nt_many: product(many, nt),
    matmul_tn: product(transposed, tn),
    matmul_tt: product(transposed, tt),
    attention_full: stored,
    attention_projected: attention,
    attention_absorbed: stored,
  };
}
