/** How alike vectors are, as sentence-transformers compares them. */

import { Tensor } from "../base/tensor.ts";
import { Slices } from "../base/tick.ts";
import { checkWidths, lengthOf, type Matrix, matrixOf, type Vectors } from "./matrix.ts";

/** How embeddings of a model are compared, by the name that sentence-transformers gives it. */
export type Similarity = "cosine" | "dot" | "euclidean" | "manhattan";

/** Every {@linkcode Similarity}. */
export const SIMILARITIES: readonly Similarity[] = ["cosine", "dot", "euclidean", "manhattan"];

/** The smallest length that cosines divide by. */
export const LEAST_LENGTH = 1e-12;

/** Two rows of two matrices, each by the place of its first number. */
type RowFunction = (a: Float32Array, atA: number, b: Float32Array, atB: number, columns: number) => number;

const dot: RowFunction = (a, atA, b, atB, columns) => {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < columns; i += 4) {
    s0 += a[atA + i]! * b[atB + i]!;
    s1 += a[atA + i + 1]! * b[atB + i + 1]!;
    s2 += a[atA + i + 2]! * b[atB + i + 2]!;
    s3 += a[atA + i + 3]! * b[atB + i + 3]!;
  }
  for (; i < columns; i++) s0 += a[atA + i]! * b[atB + i]!;
  return s0 + s1 + (s2 + s3);
};

/** The larger, the more alike: distances are negative. The cosine is the product of rows of length 1. */
const FUNCTIONS: Readonly<Record<Similarity, RowFunction>> = {
  cosine: dot,
  dot,
  euclidean(a, atA, b, atB, columns) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += (a[atA + i]! - b[atB + i]!) ** 2;
    return -Math.sqrt(sum);
  },
  manhattan(a, atA, b, atB, columns) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += Math.abs(a[atA + i]! - b[atB + i]!);
    return -sum;
  },
};

/** Vectors that are to be compared, and the lengths of them. */
export interface Measured extends Matrix {
  readonly lengths: Float64Array;
}

/** Measures vectors. @throws {InputError} If one has a number that is not finite. */
export function measured(matrix: Matrix, what: string): Measured {
  const lengths = new Float64Array(matrix.rows);
  for (let row = 0; row < matrix.rows; row++) lengths[row] = lengthOf(matrix, row, what);
  return { ...matrix, lengths };
}

/** Measures vectors, a few milliseconds at a time. @throws {InputError} If one has a number that is not finite. */
export async function measuredInSlices(matrix: Matrix, what: string): Promise<Measured> {
  const lengths = new Float64Array(matrix.rows);
  const slices = new Slices();
  for (let row = 0; row < matrix.rows; row++) {
    lengths[row] = lengthOf(matrix, row, what);
    if (row % 64 === 63) await slices.next();
  }
  return { ...matrix, lengths };
}

/** Some of the vectors, from row `first` to before row `end`. */
export function rowsOf({ data, columns, lengths }: Measured, first: number, end: number): Measured {
  return {
    data: data.subarray(first * columns, end * columns),
    rows: end - first,
    columns,
    lengths: lengths.subarray(first, end),
  };
}

/** How alike row `i` of some vectors is to row `j` of others, in float64. */
export function comparison(name: Similarity, a: Measured, b: Measured): (i: number, j: number) => number {
  const of = FUNCTIONS[name];
  const { columns } = a;
  const compared = (i: number, j: number) => of(a.data, i * columns, b.data, j * columns, columns);
  if (name !== "cosine") return compared;
  const [left, right] = [a, b].map(({ lengths }) => lengths.map((length) => 1 / Math.max(length, LEAST_LENGTH)));
  return (i, j) => compared(i, j) * left![i]! * right![j]!;
}

/**
 * How alike each of some vectors is to each of others: `[N, M]`, in float64.
 *
 * @param names What messages call them.
 * @throws {TypeError} If they are no vectors, or of several sizes.
 * @throws {InputError} If one has a number that is not finite.
 */
export function similarityMatrix(
  name: Similarity,
  [a, b]: readonly [Vectors, Vectors],
  names: readonly [string, string] = ["a", "b"],
): { data: Float64Array; dims: [number, number] } {
  const [left, right] = [measured(matrixOf(a, names[0]), names[0]), measured(matrixOf(b, names[1]), names[1])];
  checkWidths(left, right, names);
  const of = comparison(name, left, right);
  const data = new Float64Array(left.rows * right.rows);
  for (let i = 0; i < left.rows; i++) for (let j = 0; j < right.rows; j++) data[i * right.rows + j] = of(i, j);
  return { data, dims: [left.rows, right.rows] };
}

function scoresOf(name: Similarity, a: Vectors, b: Vectors): Tensor<"float32"> {
  const { data, dims } = similarityMatrix(name, [a, b]);
  return new Tensor("float32", Float32Array.from(data), dims);
}

/**
 * The cosines between each of some vectors and each of others, as `cos_sim` of sentence-transformers. A vector of zeros
 * has the cosine 0 to all.
 *
 * @param a N vectors.
 * @param b M vectors of the same size.
 * @returns `[N, M]`, computed in float64. `.item()` gives the number if N and M are 1.
 * @throws {TypeError} If they are no vectors, or of several sizes.
 * @throws {InputError} If one has a number that is not finite.
 *
 * @example
 * ```ts
 * import { cos_sim } from "@narrowbert/webgpu";
 *
 * console.log(cos_sim([[1, 0]], [[2, 0], [0, 3], [1, 1]]).tolist()); // [[1, 0, 0.7071067690849304]]
 * ```
 */
export function cos_sim(a: Vectors, b: Vectors): Tensor<"float32"> {
  return scoresOf("cosine", a, b);
}

/** The dot products of each of some vectors and each of others: `[N, M]`. @throws As {@linkcode cos_sim}. */
export function dot_score(a: Vectors, b: Vectors): Tensor<"float32"> {
  return scoresOf("dot", a, b);
}

/** The negative Euclidean distances of each of some vectors and each of others: `[N, M]`. @throws As {@linkcode cos_sim}. */
export function euclidean_sim(a: Vectors, b: Vectors): Tensor<"float32"> {
  return scoresOf("euclidean", a, b);
}

/** The negative Manhattan distances of each of some vectors and each of others: `[N, M]`. @throws As {@linkcode cos_sim}. */
export function manhattan_sim(a: Vectors, b: Vectors): Tensor<"float32"> {
  return scoresOf("manhattan", a, b);
}
