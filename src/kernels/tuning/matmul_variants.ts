/** What a product may run as: the variants of its slots, and the choice among them by its sizes. */

import type { Params, Variant } from "../kernel.ts";
import type { matmul } from "../products/matmul.ts";
import { fitsTextures, matmulTextured } from "../products/matmul_textured.ts";
import { MATMUL_SLOTS, type MatmulSlot, MOST_ROWS, type Tuning } from "./slots.ts";

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
  // Slots of fewer rows come first.
  const slots = Object.entries(MATMUL_SLOTS)
    .filter(([, slot]) => slot.transposeA === transposeA && slot.transposeB === transposeB);
  const all = slots.map(([name]): MatmulVariant => {
    const { kernel, constants } = tuning[name as MatmulSlot] as unknown as MatmulVariant;
    return weights === "f16" && kernel.f16 !== null ? { kernel: kernel.f16, constants } : { kernel, constants };
  });
  const mostRows = slots.map(([, { rows }]) => MOST_ROWS[rows]);
  const isTextured = all.map(({ kernel }) => kernel.name === matmulTextured.name);
  return {
    all,
    pick(params) {
      const index = mostRows.findIndex((most) => params.m <= most);
      if (!isTextured[index] || (weights !== "f16" && fitsTextures(params, { transposeA, transposeB }))) return index;
      return isTextured.lastIndexOf(false, index); // of fewer rows
    },
  };
}
