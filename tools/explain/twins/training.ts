/** The twins of kernels that only training needs. */

import { pitch } from "../../../src/kernels/kernel.ts";
import {
  addScaledBound,
  columnSumBound,
  groupDotBound,
  rounding,
  softmaxGradientBounds,
} from "../../../tests/conformance/bounds.ts";
import { expectedAccumulate } from "../../../tests/conformance/optimizer_bounds.ts";
import { addPlaced } from "../../../tests/reference/add_placed.ts";
import { addScaled } from "../../../tests/reference/add_scaled.ts";
import { columnSums } from "../../../tests/reference/column_sums.ts";
import { groupDots } from "../../../tests/reference/group_dots.ts";
import { scaleGroups } from "../../../tests/reference/scale_groups.ts";
import { softmaxGradient } from "../../../tests/reference/softmax_gradient.ts";
import { zeros } from "../../../tests/reference/zeros.ts";
import { floats, param, type Twin } from "./twin.ts";

/** `out = x`, or `out + x` if `keep` is not 0. */
export const accumulateTwin: Twin = (call) => {
  const [count, keep] = [param(call, "count"), param(call, "keep")];
  return {
    out: expectedAccumulate({ x: floats(call, "x").subarray(0, count), out: floats(call, "out"), keep }),
  };
};

/** `out += scale * x`; the scale is an f32 by the time that the kernel has it. */
export const addScaledTwin: Twin = (call) => {
  const [count, scale] = [param(call, "count"), Math.fround(param(call, "scale"))];
  const [x, out] = [floats(call, "x").subarray(0, count), floats(call, "out").subarray(0, count)];
  const values = addScaled({ x, out, scale });
  return { out: { values, bound: values.map((value, i) => addScaledBound(value, scale * (x[i] as number))) } };
};

/** `out[c] = sum over r of x[r, c]`. */
export const columnSumsTwin: Twin = (call) => {
  const [rows, columns] = [param(call, "rows"), param(call, "columns")];
  const x = floats(call, "x").subarray(0, rows * pitch(columns));
  const bound = columnSums(x.map(Math.abs), columns).map((size) => columnSumBound(rows, size));
  return { out: { values: columnSums(x, columns), bound } };
};

/** `out = p * (dp - sum(p * dp))`. */
export const softmaxGradientTwin: Twin = (call) => {
  const [rows, columns] = [param(call, "rows"), param(call, "columns")];
  const sizes = { rows, columns, p: floats(call, "p"), dp: floats(call, "dp") };
  return { out: { values: softmaxGradient(sizes).out, bound: softmaxGradientBounds(sizes) } };
};

/** `out = 0`. */
export const zerosTwin: Twin = (call) => ({ out: { values: zeros(param(call, "count")) } });

/** `out[r, at + c] += x[r, c]`: one rounding for each sum. */
export const addPlacedTwin: Twin = (call) => {
  const [rows, columns, at, stride] = ["rows", "columns", "at", "stride"].map((name) => param(call, name)) as [
    number,
    number,
    number,
    number,
  ];
  const out = floats(call, "out").subarray(0, rows * stride);
  const values = addPlaced({ rows, columns, at, stride, x: floats(call, "x"), out });
  return { out: { values, bound: values.map(rounding) } };
};

/** `out[r, g * size + c] = x[r, g * size + c] * scale[r, g]`. */
export const scaleGroupsTwin: Twin = (call) => {
  const [rows, columns, size] = [param(call, "rows"), param(call, "columns"), param(call, "size")];
  const values = scaleGroups({ rows, columns, size, x: floats(call, "x"), scale: floats(call, "scale") });
  return { out: { values, bound: values.map(rounding) } };
};

/** `out[r, g] = sum over c of x[r, g * size + c] * y[at + g * size + c]`. */
export const groupDotsTwin: Twin = (call) => {
  const [rows, columns, size] = [param(call, "rows"), param(call, "columns"), param(call, "size")];
  const at = param(call, "at");
  const { out, sizes } = groupDots({ rows, columns, size, at, x: floats(call, "x"), y: floats(call, "y") });
  const width = Math.min(size, pitch(columns));
  return { out: { values: out, bound: sizes.map((size) => groupDotBound(width, size)) } };
};
