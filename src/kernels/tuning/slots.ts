/** The slots of the tuning: places where variants of kernels compete, each with its own winner on an adapter. */

import type { Variant } from "../kernel.ts";

/** How many rows a product has: up to 4, up to 32, up to 64, or more. */
export type RowClass = "few" | "some" | "several" | "many";

/** Most rows of a product of each class. */
export const MOST_ROWS: Readonly<Record<RowClass, number>> = { few: 4, some: 32, several: 64, many: Infinity };

/** A slot of matrix products `A * B`. */
interface MatmulSlotSpec {
  /** Whether A is stored `[k, m]`. */
  transposeA: boolean;
  /** Whether B is stored `[n, k]`. */
  transposeB: boolean;
  /** The products of the slot by their rows; it takes those of fewer rows too, if their class has no slot. */
  rows: RowClass;
}

/** Slots of products. Their names say how A and B are stored (`t` for transposed), and how many rows there are. */
export const MATMUL_SLOTS = {
  matmul_nn_few: { transposeA: false, transposeB: false, rows: "few" },
  matmul_nn_some: { transposeA: false, transposeB: false, rows: "some" },
  matmul_nn_several: { transposeA: false, transposeB: false, rows: "several" },
  matmul_nn_many: { transposeA: false, transposeB: false, rows: "many" },
  matmul_nt_few: { transposeA: false, transposeB: true, rows: "few" },
  matmul_nt_some: { transposeA: false, transposeB: true, rows: "some" },
  matmul_nt_several: { transposeA: false, transposeB: true, rows: "several" },
  matmul_nt_many: { transposeA: false, transposeB: true, rows: "many" },
  matmul_tn_several: { transposeA: true, transposeB: false, rows: "several" },
  matmul_tn_many: { transposeA: true, transposeB: false, rows: "many" },
  matmul_tt: { transposeA: true, transposeB: true, rows: "many" },
} as const satisfies Record<string, MatmulSlotSpec>;

/** A slot of attention. */
interface AttentionSlotSpec {
  /** Whether probabilities may be stored between two kernels; a form that is bounded in memory stores none. */
  mayStore: boolean;
}

/** Slots of attention, by the form of the layer. */
export const ATTENTION_SLOTS = {
  attention_full: { mayStore: true },
  attention_projected: { mayStore: false },
  attention_absorbed: { mayStore: true },
} as const satisfies Record<string, AttentionSlotSpec>;

/** The name of a slot of products. */
export type MatmulSlot = keyof typeof MATMUL_SLOTS;

/** The name of a slot of attention. */
export type AttentionSlot = keyof typeof ATTENTION_SLOTS;

/** The name of a slot. */
export type Slot = MatmulSlot | AttentionSlot;

/** The names of all slots. */
export const SLOTS = Object.keys({ ...MATMUL_SLOTS, ...ATTENTION_SLOTS }) as readonly Slot[];

/** Slots that no model runs when it answers, only when it is trained. */
export const TRAINING_SLOTS: readonly Slot[] = ["matmul_tn_several", "matmul_tn_many", "matmul_tt"];

/** Slots that models run when they answer. */
export const INFERENCE_SLOTS: readonly Slot[] = SLOTS.filter((slot) => !TRAINING_SLOTS.includes(slot));

/** The variant that runs in each slot. */
export type Tuning = Readonly<Record<Slot, Variant>>;

/** Whether products run in a slot, rather than attention. */
export function isMatmulSlot(slot: Slot): slot is MatmulSlot {
  return Object.hasOwn(MATMUL_SLOTS, slot);
}

/** Makes a tuning from a function of the slot. */
export function tuningFrom(variantIn: (slot: Slot) => Variant): Tuning {
  return Object.fromEntries(SLOTS.map((slot) => [slot, variantIn(slot)])) as Tuning;
}
