/** Zeros, sums of parts of gradients, and scaled groups that are wrong. */

import { addPlaced } from "../../src/graph/ops/training/add_placed.ts";
import { scaleGroups } from "../../src/graph/ops/training/scale_groups.ts";
import { zeros } from "../../src/graph/ops/training/zeros.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

function place(v: Values, change: Partial<Parameters<typeof addPlaced>[1]>): void {
  const to = zeros(v.g, { label: "to", shape: [9, 22] });
  addPlaced(v.g, { label, to, x: v.f32(9, 6), at: 16, ...change });
}

const scale = (v: Values, change: Partial<Parameters<typeof scaleGroups>[1]>) =>
  scaleGroups(v.g, { label, x: v.f32("T", 24), scale: v.tight("T", 3), size: 8, ...change });

/** Wrong graphs of these ops. */
export const WRONG_TRAINING: Wrong[] = [
  [
    "zeros",
    "a shape without dimensions",
    (v) => zeros(v.g, { label, shape: [] }),
    "shape must have a dimension or more, got []",
  ],
  ["add_placed", "other rows", (v) => place(v, { x: v.f32(8, 6) }), "x must be [9, *], got [8, 6]"],
  [
    "add_placed",
    "a first column between fours",
    (v) => place(v, { at: 6 }),
    "first column must be a multiple of 4, got 6",
  ],
  [
    "add_placed",
    "a negative first column",
    (v) => place(v, { at: -4 }),
    "first column must be a multiple of 4, got -4",
  ],
  [
    "add_placed",
    "columns past the last",
    (v) => place(v, { at: 20 }),
    "to must have rows of 26 columns or more, got [9, 22]",
  ],
  [
    "add_placed",
    "columns in the padding",
    (v) => place(v, { x: v.f32(9, 7) }),
    "to must have rows of 23 columns or more, got [9, 22]",
  ],
  ["add_placed", "weights of f16", (v) => place(v, { to: v.weight("f16", 9, 22) }), "to must be f32, got f16 [9, 22]"],
  [
    "add_placed",
    "rows without padding",
    (v) => place(v, { x: v.tight(9, 6) }),
    "x must be pitched, got tight f32 [9, 6]",
  ],
  ["scale_groups", "groups between fours", (v) => scale(v, { size: 6 }), "size must be a multiple of 4, got 6"],
  [
    "scale_groups",
    "groups of nothing",
    (v) => scale(v, { size: 0 }),
    "size must be a whole number from 1 to 24, got 0",
  ],
  [
    "scale_groups",
    "a number for each row alone",
    (v) => scale(v, { scale: v.tight("T", 1) }),
    "scale must be [T, 3], got [T, 1]",
  ],
  [
    "scale_groups",
    "numbers of other rows",
    (v) => scale(v, { scale: v.tight("R", 3) }),
    "scale must be [T, 3], got [R, 3]",
  ],
  [
    "scale_groups",
    "padded numbers",
    (v) => scale(v, { scale: v.f32("T", 3) }),
    "scale must be tight, got f32 [T, 3]",
  ],
];
