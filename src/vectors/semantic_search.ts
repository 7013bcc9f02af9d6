/** One search for the vectors that are most alike to others. */

import { checkOptionNames } from "../base/options.ts";
import { Best, type SearchHit } from "./best.ts";
import { checkWidths, matrixOf, type Vectors } from "./matrix.ts";
import { MeasuredIndex } from "./measured_index.ts";
import { measuredInSlices, rowsOf } from "./similarity.ts";
import {
  checkedDevice,
  checkedSearch,
  checkedSimilarity,
  type SearchOptions,
  type VectorIndexOptions,
} from "./vector_index.ts";

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
  const { corpus_chunk_size: size = CHUNK } = options;
  if (!(Number.isSafeInteger(size) && size >= 1)) {
    throw new RangeError(`Cannot search vectors: corpus_chunk_size must be a whole number from 1, got ${size}`);
  }
  const search = checkedSearch(options);
  const [similarity, device] = [checkedSimilarity(options), checkedDevice(options)];
  const asked = await measuredInSlices(matrixOf(queries, "queries"), "queries");
  const vectors = await measuredInSlices(matrixOf(corpus, "corpus"), "corpus");
  checkWidths(asked, vectors, ["queries", "the corpus"]);
  const best = Array.from({ length: asked.rows }, () => new Best(search.top_k));
  for (let first = 0; first < vectors.rows; first += size) {
    const part = rowsOf(vectors, first, Math.min(first + size, vectors.rows));
    const index = new MeasuredIndex(part, { similarity, device });
    try {
      for (const [query, hits] of (await index.search(asked, search)).entries()) {
        for (const { corpus_id, score } of hits) best[query]!.add(first + corpus_id, score);
      }
    } finally {
      index.dispose();
    }
  }
  return best.map(({ hits }) => hits);
}
