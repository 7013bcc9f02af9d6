/** Zeros, sums in place, dot products of groups, sums of parts of gradients, and scaled groups that are wrong. */

import { accumulate } from "../../src/graph/ops/training/accumulate.ts";
import { addPlaced } from "../../src/graph/ops/training/add_placed.ts";
import { groupDots } from "../../src/graph/ops/training/group_dots.ts";
import { scaleGroups } from "../../src/graph/ops/training/scale_groups.ts";
import { zeros } from "../../src/graph/ops/training/zeros.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

function place(v: Values, change: Partial<Parameters<typeof addPlaced>[1]>): void {
  const to = zeros(v.g, { label: "to", shape: [9, 22] });
  addPlaced(v.g, { label, to, x: v.f32(9, 6), at: 16, ...change });
}

const scale = (v: Values, change: Partial<Parameters<typeof scaleGroups>[1]>) =>
  scaleGroups(v.g, { label, x: v.f32("T", 24), scale: v.tight("T", 3), size: 8, ...change });

const add = (v: Values, change: Partial<Parameters<typeof accumulate>[1]>) =>
  accumulate(v.g, { label, to: v.weight("f32", 9, 22), x: v.f32(9, 22), keep: v.g.scalar("keep"), ...change });

const dots = (v: Values, change: Partial<Parameters<typeof groupDots>[1]>) =>
  groupDots(v.g, { label, x: v.f32("T", 22), y: v.f32(1, 45), size: 8, at: 24, ...change });

/** The same calls without anything wrong. */
export const RIGHT_TRAINING: ((v: Values) => void)[] = [
  ...[place, scale, add, dots].map((build) => (v: Values) => void build(v, {})),
  (v) => dots(v, { y: v.f32(45) }),
];

/** Wrong graphs of these ops. */
export const WRONG_TRAINING: Wrong[] = [
  [
    "zeros",
    "a shape without dimensions",
    (v) => zeros(v.g, { label, shape: [] }),
    "shape must have a dimension or more, got []",
  ],
  ["accumulate", "another shape", (v) => add(v, { x: v.f32(22, 9) }), "x must be [9, 22], got [22, 9]"],
  ["accumulate", "a sum of f16", (v) => add(v, { to: v.weight("f16", 9, 22) }), "to must be f32, got f16 [9, 22]"],
  ["accumulate", "integers", (v) => add(v, { x: v.u32(9, 22) }), "x must be f32, got u32 [9, 22]"],
  [
    "accumulate",
    "rows without padding",
    (v) => add(v, { x: v.tight(9, 22) }),
    "x must be pitched, got tight f32 [9, 22]",
  ],
  [
    "accumulate",
    "f32 that says whether a sum begins",
    (v) => add(v, { keep: v.g.scalar("factor", "f32") }),
    "keep must be a u32 scalar, got f32",
  ],
  ["group_dots", "groups between fours", (v) => dots(v, { size: 6 }), "size must be a multiple of 4, got 6"],
  ["group_dots", "groups of nothing", (v) => dots(v, { size: 0 }), "size must be a whole number from 1 to 24, got 0"],
  [
    "group_dots",
    "groups wider than the rows",
    (v) => dots(v, { size: 28 }),
    "size must be a whole number from 1 to 24, got 28",
  ],
  ["group_dots", "a part between fours", (v) => dots(v, { at: 6 }), "first element must be a multiple of 4, got 6"],
  [
    "group_dots",
    "a part past the end",
    (v) => dots(v, { at: 28 }),
    "y must have 50 elements or more, got [1, 45]",
  ],
  ["group_dots", "a matrix of vectors", (v) => dots(v, { y: v.f32(2, 45) }), "y must be [1, 45], got [2, 45]"],
  ["group_dots", "weights of f16", (v) => dots(v, { y: v.weight("f16", 1, 45) }), "y must be f32, got f16 [1, 45]"],
  [
    "group_dots",
    "rows without padding",
    (v) => dots(v, { x: v.tight("T", 22) }),
    "x must be pitched, got tight f32 [T, 22]",
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
