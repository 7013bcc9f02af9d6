/** Vectors that are searched again and again. */

import { Lease } from "../base/lease.ts";
import { checkOptionNames } from "../base/options.ts";
import { Best, type SearchHit, TOP_K } from "./best.ts";
import { bestOfAll } from "./cpu_search.ts";
import { GpuVectors } from "./gpu_vectors.ts";
import { checkWidths, matrixOf, type Vectors } from "./matrix.ts";
import { comparison, type Measured, measured, SIMILARITIES, type Similarity } from "./similarity.ts";

/** Options of a {@linkcode VectorIndex}. */
export interface VectorIndexOptions {
  /**
   * How queries and vectors are compared. `cosine` and `dot` are computed on the GPU if there is much to compute; the
   * distances, which are negative, always on the CPU.
   *
   * @default "cosine"
   */
  score_function?: Similarity;
  /** A GPU device of the caller's own. @default the device that all models of the process share */
  device?: GPUDevice;
}

/** Options of a search. */
export interface SearchOptions {
  /** Hits for each query. @default 10 */
  top_k?: number;
  /** Stops the search: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Products of two numbers below which a search stays on the CPU, as it ends there before a GPU has answered. */
const FEW_PRODUCTS = 2e7;
/** Queries of all searches below which the vectors stay away from the GPU: to put them there takes as long as to search. */
const FEW_QUERIES = 8;

/**
 * Vectors that are searched again and again. What the GPU needs of them is put there at the first search that is worth it,
 * and stays until `dispose()`. {@linkcode semantic_search} is a single search.
 *
 * @example
 * ```ts
 * import { pipeline, VectorIndex } from "@narrowbert/webgpu";
 *
 * using embed = await pipeline("feature-extraction");
 * const texts = ["a large animal", "a small bird", "to travel by air"];
 * using index = new VectorIndex(await embed(texts, { pooling: "mean" }));
 * const [hits] = await index.search(await embed(["a big beast"], { pooling: "mean" }), { top_k: 1 });
 * console.log(texts[hits![0]!.corpus_id]); // a large animal
 * ```
 */
export class VectorIndex {
  readonly #vectors: Measured;
  readonly #similarity: Similarity;
  readonly #device: GPUDevice | undefined;
  readonly #lease: Lease;
  /** Puts the vectors on the GPU; gives null if there is no adapter. */
  #putting: Promise<GpuVectors | null> | null = null;
  /** The vectors on the GPU, once they are there. */
  #onGpu: GpuVectors | null = null;
  #queries = 0;

  /**
   * Makes an index of vectors.
   *
   * @param vectors N vectors of H numbers. A tensor is not copied: it must not change while the index is used.
   * @throws {TypeError} If they are no vectors, or of several sizes, or an option is unknown.
   * @throws {InputError} If a vector has a number that is not finite.
   * @throws {RangeError} If an option's value is not allowed.
   */
  constructor(vectors: Vectors, options: VectorIndexOptions = {}) {
    checkOptionNames("make an index of vectors", options, ["score_function", "device"]);
    const { score_function = "cosine", device } = options;
    if (!SIMILARITIES.includes(score_function)) {
      throw new RangeError(
        `Cannot make an index of vectors: score_function must be one of ${SIMILARITIES.join(", ")}, got ` +
          `${JSON.stringify(score_function)}`,
      );
    }
    this.#vectors = measured(matrixOf(vectors, "corpus"), "corpus");
    this.#similarity = score_function;
    this.#device = device;
    this.#lease = new Lease("Cannot search these vectors: the index was disposed", () => this.#onGpu?.dispose());
  }

  /** How many vectors it has. */
  get size(): number {
    return this.#vectors.rows;
  }

  /** Numbers of a vector. */
  get dimensions(): number {
    return this.#vectors.columns;
  }

  /**
   * The vectors that are most alike to each query.
   *
   * @param queries Vectors of the same size.
   * @returns For each query its hits, the best first, of equal ones the lower number first. Scores are computed in float64.
   * @throws {TypeError} If the queries are no vectors, or of another size.
   * @throws {InputError} If a query has a number that is not finite.
   * @throws {RangeError} If `top_k` is no whole number from 1.
   * @throws {DisposedError} If the index was disposed of.
   */
  async search(queries: Vectors, options: SearchOptions = {}): Promise<SearchHit[][]> {
    checkOptionNames("search vectors", options, ["top_k", "signal"]);
    const { top_k = TOP_K, signal } = options;
    if (!(Number.isSafeInteger(top_k) && top_k >= 1)) {
      throw new RangeError(`Cannot search vectors: top_k must be a whole number from 1, got ${top_k}`);
    }
    signal?.throwIfAborted();
    const asked = measured(matrixOf(queries, "queries"), "queries");
    checkWidths(asked, this.#vectors, ["queries", "the corpus"]);
    return await this.#lease.use(() => this.#search(asked, { top_k, signal }));
  }

  /** Frees the GPU memory, after the searches under way. */
  dispose(): void {
    this.#lease.dispose();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  async #search(
    queries: Measured,
    { top_k, signal }: { top_k: number; signal: AbortSignal | undefined },
  ): Promise<SearchHit[][]> {
    const vectors = this.#vectors;
    const best = Array.from({ length: queries.rows }, () => new Best(Math.min(top_k, vectors.rows)));
    const alike = comparison(this.#similarity, queries, vectors);
    const add = (query: number, vector: number) => best[query]!.add(vector, alike(query, vector));
    const onGpu = await this.#gpuFor(queries, top_k);
    if (onGpu !== null) await onGpu.best(queries, { top_k, signal, found: add });
    else await bestOfAll({ queries: queries.rows, vectors: vectors.rows, signal, add });
    return best.map(({ hits }) => hits);
  }

  /** The vectors on the GPU, if a search is worth it there. */
  async #gpuFor(queries: Measured, top_k: number): Promise<GpuVectors | null> {
    const { rows, columns } = this.#vectors;
    this.#queries += queries.rows;
    const isLarge = queries.rows * rows * columns >= FEW_PRODUCTS && this.#queries >= FEW_QUERIES;
    const similarity = this.#similarity;
    if (!isLarge || (similarity !== "cosine" && similarity !== "dot")) return null;
    if (!GpuVectors.fits(queries, this.#vectors, { similarity, top_k })) return null;
    this.#putting ??= GpuVectors.put(this.#vectors, { similarity, device: this.#device });
    try {
      return this.#onGpu = await this.#putting;
    } catch (error) {
      this.#putting = null; // the next search tries again
      throw error;
    }
  }
}
