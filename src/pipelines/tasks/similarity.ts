/** How alike embeddings are, as the files of their model compare them. */

import type { Vectors } from "../../vectors/matrix.ts";
import { type Similarity, similarityMatrix } from "../../vectors/similarity.ts";

/**
 * How alike each of some embeddings is to each of others, in float64.
 *
 * @throws {TypeError} If one is no embedding of a text, or of another size or element type than the others.
 * @throws {InputError} If one has a number that is not finite.
 */
export function similarities(ones: Vectors, others: Vectors, name: Similarity): number[][] {
  const { data, dims: [rows, columns] } = similarityMatrix(name, [ones, others], ["embeddings", "others"]);
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));
}
