/** One search for the vectors that are most alike to others. */

import { Tensor } from "../base/tensor.ts";
import { checkOptionNames } from "../base/options.ts";
import { Best, type SearchHit, TOP_K } from "./best.ts";
import { matrixOf, type Vectors } from "./matrix.ts";
import { type SearchOptions, VectorIndex, type VectorIndexOptions } from "./vector_index.ts";

/** Options of {@linkcode semantic_search}. */
export interface SemanticSearchOptions extends SearchOptions, VectorIndexOptions {
  /** Vectors that are on the GPU at once. @default 100000 */
  corpus_chunk_size?: number;
}

/** Vectors that are on the GPU at once, if the caller says nothing else. */
const CHUNK = 100_000;

/**
 * Finds the vectors that are most alike to each query, as `semantic_search` of sentence-transformers: on the GPU if there
 * is much to compute, with scores in float64. For several searches of the same vectors a {@linkcode VectorIndex} keeps
 * them on the GPU.
 *
 * @param queries Q vectors of H numbers: a float32 tensor `[Q, H]`, or a list of vectors.
 * @param corpus N vectors of the same size.
 * @returns For each query its `top_k` hits, the best first, of equal ones the lower number first.
 * @throws {TypeError} If they are no vectors, or of several sizes, or an option is unknown.
 * @throws {InputError} If a vector has a number that is not finite.
 * @throws {RangeError} If an option's value is not allowed.
 *
 * @example
 * ```ts
 * import { semantic_search } from "@narrowbert/webgpu";
 *
 * const [hits] = await semantic_search([[1, 0.1]], [[0, 1], [1, 0], [1, 1]], { top_k: 2 });
 * console.log(hits!.map(({ corpus_id }) => corpus_id)); // [1, 2]
 * ```
 */
export async function semantic_search(
  queries: Vectors,
  corpus: Vectors,
  options: SemanticSearchOptions = {},
): Promise<SearchHit[][]> {
  checkOptionNames("search vectors", options, ["top_k", "signal", "score_function", "device", "corpus_chunk_size"]);
  const { corpus_chunk_size: size = CHUNK, score_function, device, ...search } = options;
  if (!(Number.isSafeInteger(size) && size >= 1)) {
    throw new RangeError(`Cannot search vectors: corpus_chunk_size must be a whole number from 1, got ${size}`);
  }
  const { data, rows, columns } = matrixOf(corpus, "corpus");
  const searchIn = async (first: number, end: number) => {
    const part = new Tensor("float32", data.subarray(first * columns, end * columns), [end - first, columns]);
    using index = new VectorIndex(part, { ...(score_function && { score_function }), ...(device && { device }) });
    return await index.search(queries, search);
  };
  if (rows <= size) return await searchIn(0, rows);
  const best: Best[] = [];
  for (let first = 0; first < rows; first += size) {
    for (const [query, hits] of (await searchIn(first, Math.min(first + size, rows))).entries()) {
      const own = best[query] ??= new Best(search.top_k ?? TOP_K);
      for (const { corpus_id, score } of hits) own.add(first + corpus_id, score);
    }
  }
  return best.map(({ hits }) => hits);
}
