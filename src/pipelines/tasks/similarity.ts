/** How alike embeddings are, as sentence-transformers compares them. */

import { kindOf } from "../../base/messages.ts";
import { Tensor } from "../../base/tensor.ts";
import type { Similarity } from "../../heads/sentence/settings.ts";

type Vector = ArrayLike<number>;

const sum = (one: Vector, other: Vector, term: (a: number, b: number) => number) => {
  let total = 0;
  for (let i = 0; i < one.length; i++) total += term(one[i] as number, other[i] as number);
  return total;
};

const dot = (one: Vector, other: Vector) => sum(one, other, (a, b) => a * b);
const lengthOf = (one: Vector) => Math.max(Math.sqrt(dot(one, one)), 1e-12);

/** The larger, the more alike: distances are negative. */
const FUNCTIONS: Readonly<Record<Similarity, (one: Vector, other: Vector) => number>> = {
  cosine: (one, other) => dot(one, other) / (lengthOf(one) * lengthOf(other)),
  dot,
  euclidean: (one, other) => -Math.sqrt(sum(one, other, (a, b) => (a - b) ** 2)),
  manhattan: (one, other) => -sum(one, other, (a, b) => Math.abs(a - b)),
};

/**
 * How alike each of some embeddings is to each of others, in float64.
 *
 * @throws {TypeError} If one is no embedding of a text, or of another size or element type than the first.
 */
export function similarities(ones: readonly Tensor[], others: readonly Tensor[], name: Similarity): number[][] {
  const [first] = [...ones, ...others].map(vectorOf);
  const vectors = (tensors: readonly Tensor[]) =>
    tensors.map((tensor) => {
      const vector = vectorOf(tensor);
      if (vector.length === first!.length) return vector;
      throw new TypeError(
        `Cannot compare embeddings: they must be of one size, got ${first!.length} and ${vector.length} numbers`,
      );
    });
  const [left, right] = [vectors(ones), vectors(others)];
  return left.map((one) => right.map((other) => FUNCTIONS[name](one, other)));
}

function vectorOf(tensor: unknown): Vector {
  if (tensor instanceof Tensor && tensor.type === "float32" && tensor.dims.length === 2 && tensor.dims[0] === 1) {
    return tensor.data as Float32Array;
  }
  const found = tensor instanceof Tensor ? `${tensor.type} [${tensor.dims.join(", ")}]` : kindOf(tensor);
  throw new TypeError(`Cannot compare embeddings: each must be float32 [1, H], got ${found}`);
}
