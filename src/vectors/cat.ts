/** Tensors one below the other. */

import { kindOf } from "../base/messages.ts";
import { shapeText } from "../base/shape.ts";
import { Tensor, TENSOR_ARRAYS, type TensorData, type TensorType } from "../base/tensor.ts";

/**
 * One tensor of several, joined along their first dimension, as `cat` of transformers.js: N embeddings `[1, H]` give
 * `[N, H]`.
 *
 * @param tensors Of one type, and alike in all dimensions but the first.
 * @throws {TypeError} If there are none, or they do not fit.
 *
 * @example
 * ```ts
 * import { cat, Tensor } from "@narrowbert/webgpu";
 *
 * const rows = [[1, 2], [3, 4]].map((row) => new Tensor("float32", row, [1, 2]));
 * console.log(cat(rows).tolist()); // [[1, 2], [3, 4]]
 * ```
 */
export function cat<Type extends TensorType>(tensors: readonly Tensor<Type>[]): Tensor<Type> {
  if (!Array.isArray(tensors)) {
    throw new TypeError(`Cannot join tensors: they must be an array, got ${kindOf(tensors)}`);
  }
  for (const [i, tensor] of tensors.entries()) checkTensor(tensor, i);
  const [first] = tensors as readonly Tensor<Type>[];
  if (first === undefined) throw new TypeError("Cannot join tensors: there must be one at least, got none");
  const width = first.dims.slice(1);
  for (const tensor of tensors) checkAlike(tensor, first);
  const rows = tensors.reduce((sum, { dims }) => sum + (dims[0] as number), 0);
  const size = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const data = new TENSOR_ARRAYS[first.type](size);
  let at = 0;
  for (const tensor of tensors) {
    (data as Float32Array).set(tensor.data as Float32Array, at);
    at += tensor.data.length;
  }
  return new Tensor(first.type, data as TensorData<Type>, [rows, ...width]);
}

function checkTensor(tensor: unknown, i: number): void {
  if (!(tensor instanceof Tensor)) {
    throw new TypeError(`Cannot join tensors: number ${i} must be one, got ${kindOf(tensor)}`);
  }
  if (tensor.dims.length === 0) throw new TypeError(`Cannot join tensors: number ${i} must have a dimension, got none`);
}

function checkAlike(tensor: Tensor, { type, dims }: Tensor): void {
  if (tensor.type === type && shapeText(tensor.dims.slice(1)) === shapeText(dims.slice(1))) return;
  throw new TypeError(
    `Cannot join tensors: they must be alike but for their first dimension, got ${type} ${shapeText(dims)} and ` +
      `${tensor.type} ${shapeText(tensor.dims)}`,
  );
}
