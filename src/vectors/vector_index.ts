/** Vectors that are searched again and again. */

import { Lease } from "../base/lease.ts";
import { kindOf } from "../base/messages.ts";
import { checkCallbacks, checkOptionNames } from "../base/options.ts";
import { type SearchHit, TOP_K } from "./best.ts";
import { checkWidths, matrixOf, type Vectors } from "./matrix.ts";
import { MeasuredIndex, type Search } from "./measured_index.ts";
import { measured, measuredInSlices, SIMILARITIES, type Similarity } from "./similarity.ts";

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
  readonly #index: MeasuredIndex;
  readonly #lease: Lease;

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
    const own = measured(matrixOf(vectors, "corpus"), "corpus");
    this.#index = new MeasuredIndex(own, { similarity: checkedSimilarity(options), device: checkedDevice(options) });
    this.#lease = new Lease("Cannot search these vectors: the index was disposed", () => this.#index.dispose());
  }

  /** How many vectors it has. */
  get size(): number {
    return this.#index.vectors.rows;
  }

  /** Numbers of a vector. */
  get dimensions(): number {
    return this.#index.vectors.columns;
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
    const search = checkedSearch(options);
    return await this.#lease.use(async () => {
      const asked = await measuredInSlices(matrixOf(queries, "queries"), "queries");
      checkWidths(asked, this.#index.vectors, ["queries", "the corpus"]);
      return await this.#index.search(asked, search);
    });
  }

  /** Frees the GPU memory, after the searches under way. */
  dispose(): void {
    this.#lease.dispose();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What a search asks for. @throws {RangeError} If `top_k` is no whole number from 1. */
export function checkedSearch({ top_k = TOP_K, signal }: SearchOptions): Search {
  if (!(Number.isSafeInteger(top_k) && top_k >= 1)) {
    throw new RangeError(`Cannot search vectors: top_k must be a whole number from 1, got ${top_k}`);
  }
  checkCallbacks("search vectors", { signal });
  signal?.throwIfAborted();
  return { top_k, signal };
}

/** The device of a search. @throws {TypeError} If it is none. */
export function checkedDevice({ device }: VectorIndexOptions): GPUDevice | undefined {
  if (device === undefined || typeof device?.createBuffer === "function") return device;
  throw new TypeError(`Cannot search vectors: device must be a GPUDevice, or left out, got ${kindOf(device)}`);
}

/** How vectors are compared. @throws {RangeError} If `score_function` is something else. */
export function checkedSimilarity({ score_function = "cosine" }: VectorIndexOptions): Similarity {
  if (SIMILARITIES.includes(score_function)) return score_function;
  throw new RangeError(
    `Cannot search vectors: score_function must be one of ${SIMILARITIES.join(", ")}, got ${
      JSON.stringify(score_function)
    }`,
  );
}
