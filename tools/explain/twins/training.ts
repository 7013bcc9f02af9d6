/** The twins of kernels that only training needs. */

import { pitch } from "../../../src/kernels/kernel.ts";
import { addScaledBound, columnSumBound, softmaxGradientBounds } from "../../../tests/conformance/bounds.ts";
import { addScaled } from "../../../tests/reference/add_scaled.ts";
import { columnSums } from "../../../tests/reference/column_sums.ts";
import { softmaxGradient } from "../../../tests/reference/softmax_gradient.ts";
import { floats, param, type Twin } from "./twin.ts";

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
