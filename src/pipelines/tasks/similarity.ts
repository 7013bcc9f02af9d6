/** How alike embeddings are, as the files of their model compare them. */

import { checkWidths, matrixOf, type Vectors } from "../../vectors/matrix.ts";
import { comparison, measured, type Similarity } from "../../vectors/similarity.ts";

/**
 * How alike each of some embeddings is to each of others, in float64.
 *
 * @throws {TypeError} If one is no embedding of a text, or of another size or element type than the others.
 * @throws {InputError} If one has a number that is not finite.
 */
export function similarities(ones: Vectors, others: Vectors, name: Similarity): number[][] {
  const [a, b] = [measured(matrixOf(ones, "embeddings"), "embeddings"), measured(matrixOf(others, "others"), "others")];
  checkWidths(a, b, ["embeddings", "others"]);
  const alike = comparison(name, a, b);
  return Array.from({ length: a.rows }, (_, i) => Array.from({ length: b.rows }, (_, j) => alike(i, j)));
}
