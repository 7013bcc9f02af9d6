/** Vectors that are searched: on the GPU if there is much to compute, with the results of float64. */

import { DeviceLostError } from "../base/errors.ts";
import { Best, type SearchHit } from "./best.ts";
import { compareAll } from "./cpu_search.ts";
import { GpuVectors } from "./gpu_vectors.ts";
import { comparison, type Measured, type Similarity } from "./similarity.ts";

/** Products of two numbers below which a search stays on the CPU, as it ends there before a GPU has answered. */
const FEW_PRODUCTS = 2e7;
/** Queries of all searches below which the vectors stay away from the GPU: to put them there takes as long as to search. */
const FEW_QUERIES = 8;

/** What is asked for. */
export interface Search {
  readonly top_k: number;
  readonly signal: AbortSignal | undefined;
}

/** Vectors that were measured, and what the GPU keeps of them. */
export class MeasuredIndex {
  readonly vectors: Measured;
  readonly #similarity: Similarity;
  readonly #device: GPUDevice | undefined;
  /** Puts the vectors on the GPU; gives null if there is no adapter. */
  #putting: Promise<GpuVectors | null> | null = null;
  /** The vectors on the GPU, once they are there. */
  #onGpu: GpuVectors | null = null;
  #queries = 0;

  constructor(vectors: Measured, { similarity, device }: { similarity: Similarity; device: GPUDevice | undefined }) {
    this.vectors = vectors;
    this.#similarity = similarity;
    this.#device = device;
  }

  /** The best of the vectors for each query. */
  async search(queries: Measured, search: Search): Promise<SearchHit[][]> {
    const { vectors } = this;
    const { signal } = search;
    const best = Array.from({ length: queries.rows }, () => new Best(Math.min(search.top_k, vectors.rows)));
    const alike = comparison(this.#similarity, queries, vectors);
    const left = await this.#foundByGpu(queries, { ...search, best, alike });
    for (const query of left) best[query]!.clear();
    const add = (query: number, vector: number) => best[query]!.add(vector, alike(query, vector));
    await compareAll({ queries: left, vectors: vectors.rows, columns: vectors.columns, signal, add });
    return best.map(({ hits }) => hits);
  }

  /** Frees the GPU memory. Nobody may be searching. */
  dispose(): void {
    this.#onGpu?.dispose();
  }

  /** Searches on the GPU, if that is worth it. @returns The queries whose best vectors are not known for certain. */
  async #foundByGpu(
    queries: Measured,
    search: Search & { best: readonly Best[]; alike: (query: number, vector: number) => number },
  ): Promise<number[]> {
    const all = () => Array.from({ length: queries.rows }, (_, i) => i);
    for (let isAgain = false;; isAgain = true) {
      const onGpu = await this.#gpuFor(queries, search.top_k);
      if (onGpu === null) return all();
      try {
        return await onGpu.best(queries, search);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        // The vectors are here still: they are put on a new device, unless the caller's own is lost.
        if (this.#onGpu === onGpu) [this.#putting, this.#onGpu] = [null, null];
        for (const one of search.best) one.clear();
        if (this.#device !== undefined || isAgain) return all();
      }
    }
  }

  /** The vectors on the GPU, if a search is worth it there. */
  async #gpuFor(queries: Measured, top_k: number): Promise<GpuVectors | null> {
    const { rows, columns } = this.vectors;
    this.#queries += queries.rows;
    const isLarge = queries.rows * rows * columns >= FEW_PRODUCTS && this.#queries >= FEW_QUERIES;
    const similarity = this.#similarity;
    if (!isLarge || (similarity !== "cosine" && similarity !== "dot")) return null;
    if (!GpuVectors.fits(queries, this.vectors, { similarity, top_k })) return null;
    this.#putting ??= GpuVectors.put(this.vectors, { similarity, device: this.#device });
    try {
      return this.#onGpu = await this.#putting;
    } catch (error) {
      this.#putting = null; // the next search tries again
      if (error instanceof DeviceLostError) return null;
      throw error;
    }
  }
}
