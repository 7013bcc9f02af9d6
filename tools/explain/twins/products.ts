/** The twin of all kernels for products: they share one contract. */

import { pitch } from "../../../src/kernels/kernel.ts";
import { matmulBound } from "../../../tests/conformance/bounds.ts";
import { matmulAt, type MatmulCall, outIndex } from "../../../tests/reference/matmul.ts";
import { floats, type Twin } from "./twin.ts";

/** `out = activation(A * B + bias * scale) + residual`; padding columns become 0. */
export const matmulTwin: Twin = (call) => {
  const params = call.params as MatmulCall["params"];
  const { TRANSPOSE_A = 0, TRANSPOSE_B = 0 } = call.constants;
  const product: MatmulCall = {
    params,
    transposeA: TRANSPOSE_A === 1,
    transposeB: TRANSPOSE_B === 1,
    a: floats(call, "a"),
    b: floats(call, "b"),
    bias: floats(call, "bias"),
    bias_scale: floats(call, "bias_scale"),
    residual: floats(call, "residual"),
  };
  const { m, batch } = params;
  const width = pitch(params.n);
  const count = batch * m * width;
  const at = new Uint32Array(count);
  const values = new Float64Array(count);
  const bound = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const [b, row, column] = [Math.floor(i / (m * width)), Math.floor(i / width) % m, i % width];
    const { value, magnitude } = matmulAt(product, b, row, column);
    at[i] = outIndex(params, b, row, column);
    values[i] = value;
    bound[i] = matmulBound(params, magnitude);
  }
  return { out: { values, at, bound } };
};
