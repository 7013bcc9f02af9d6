/** Vectors on the GPU, in parts, and the search for the best of them there. */

import { NoAdapterError } from "../base/errors.ts";
import { type Gpu, requestGpu } from "../gpu/device.ts";
import { pitch } from "../kernels/kernel.ts";
import { GpuScores, MOST_FOUND, MOST_QUERIES, partsOf } from "./gpu_scores.ts";
import type { Best } from "./best.ts";
import { LEAST_LENGTH, type Measured } from "./similarity.ts";
import type { Matrix } from "./matrix.ts";

/** Hits more than asked for that are found: the GPU rounds to 32 bits, and the caller chooses the last ones by 64. */
const MORE = 8;
/** Products of lengths beyond which numbers of 32 bits might overflow. */
const LARGE = 1e36;

/** Some of the vectors. */
interface Part {
  /** Its first vector. */
  readonly first: number;
  readonly rows: number;
  readonly buffer: GPUBuffer;
}

/** Vectors on the GPU. */
export class GpuVectors {
  readonly #gpu: Gpu;
  readonly #scores: GpuScores;
  readonly #parts: readonly Part[];
  readonly #columns: number;
  /** Length of the longest vector; null if all are scaled to length 1. */
  readonly #longest: number | null;

  private constructor(
    gpu: Gpu,
    { scores, parts, columns, longest }: {
      scores: GpuScores;
      parts: readonly Part[];
      columns: number;
      longest: number | null;
    },
  ) {
    this.#gpu = gpu;
    this.#scores = scores;
    this.#parts = parts;
    this.#columns = columns;
    this.#longest = longest;
  }

  /** Whether the GPU can find what is asked for. */
  static fits(
    queries: Measured,
    vectors: Measured,
    { similarity, top_k }: { similarity: "cosine" | "dot"; top_k: number },
  ): boolean {
    if (Math.min(top_k, vectors.rows) + MORE > MOST_FOUND) return false;
    return longestOf(queries) * (similarity === "dot" ? longestOf(vectors) : 1) < LARGE;
  }

  /**
   * Puts vectors on the GPU, for cosines each scaled to length 1.
   *
   * @returns `null` if there is no adapter.
   */
  static async put(
    vectors: Measured,
    { similarity, device }: { similarity: "cosine" | "dot"; device: GPUDevice | undefined },
  ): Promise<GpuVectors | null> {
    const gpu = await gpuOf(device);
    if (gpu === null) return null;
    const scale = similarity === "cosine" ? unitScale(vectors) : null;
    const parts: Part[] = [];
    const { columns } = vectors;
    const longest = scale === null ? longestOf(vectors) : null;
    const found = new GpuVectors(gpu, { scores: new GpuScores(gpu, columns), parts, columns, longest });
    try {
      for (const { first, rows } of partsOf(vectors)) {
        const buffer = await gpu.scoped(
          "put vectors on the GPU",
          () => gpu.buffers.acquire(4 * rows * pitch(columns), "vectors"),
          { cure: "search fewer of them at once" },
        );
        parts.push({ first, rows, buffer });
        gpu.device.queue.writeBuffer(buffer, 0, laidOut(vectors, { first, rows, scale }));
      }
    } catch (error) {
      found.dispose();
      throw error;
    }
    return found;
  }

  /**
   * Finds the vectors that are most alike to each query.
   *
   * @param options `alike` compares two in float64; `best` takes what is found.
   * @returns The queries for which a vector that was not found may be better, as 32 bits cannot tell.
   */
  async best(
    queries: Measured,
    { top_k, signal, alike, best }: {
      top_k: number;
      signal: AbortSignal | undefined;
      alike: (query: number, vector: number) => number;
      best: readonly Best[];
    },
  ): Promise<number[]> {
    /** For each query the largest score that a vector may have which was not found. */
    const missed = new Float64Array(queries.rows).fill(-Infinity);
    const scale = this.#longest === null ? unitScale(queries) : null;
    for (let start = 0; start < queries.rows; start += MOST_QUERIES) {
      const count = Math.min(MOST_QUERIES, queries.rows - start);
      const asked = { data: laidOut(queries, { first: start, rows: count, scale }), rows: count };
      await Promise.all(this.#parts.map(async ({ first, rows, buffer }) => {
        const k = Math.min(top_k + MORE, rows);
        const indices = await this.#scores.best(asked, { vectors: buffer, rows, k, signal });
        for (let i = 0; i < count; i++) {
          const query = start + i;
          let least = Infinity;
          for (let n = i * k; n < (i + 1) * k; n++) {
            const vector = first + (indices[n] as number);
            const score = alike(query, vector);
            best[query]!.add(vector, score);
            least = Math.min(least, score);
          }
          // Both sums of 32 bits, that of the last one found and that of the one missed, may be wrong.
          if (k < rows) missed[query] = Math.max(missed[query]!, least + 2 * this.#errorOf(queries.lengths[query]!));
        }
      }));
    }
    return Array.from(missed.keys()).filter((query) => !best[query]!.isAbove(missed[query]!));
  }

  /**
   * By how much a score of 32 bits may be wrong at most: the bound for sums of rounded products, in any order, where numbers
   * below 2^-126 may count as zero.
   */
  #errorOf(length: number): number {
    const [query, vector] = this.#longest === null ? [1, 1] : [length, this.#longest];
    return this.#columns * 2 ** -126 * (1 + query + vector) + (this.#columns + 4) * 2 ** -24 * query * vector;
  }

  /** Frees the GPU memory. */
  dispose(): void {
    for (const { buffer } of this.#parts) this.#gpu.buffers.release(buffer);
    this.#scores.dispose();
  }
}

/** What makes the length of each vector 1. */
function unitScale({ lengths }: Measured): Float64Array {
  return lengths.map((length) => 1 / Math.max(length, LEAST_LENGTH));
}

function longestOf({ lengths }: Measured): number {
  return lengths.reduce((most, length) => Math.max(most, length), 0);
}

async function gpuOf(device: GPUDevice | undefined): Promise<Gpu | null> {
  try {
    return await requestGpu(device === undefined ? {} : { device });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

/** Rows as the GPU reads them, each filled up to a multiple of 4 numbers. */
function laidOut(
  { data, columns }: Matrix,
  { first, rows, scale }: { first: number; rows: number; scale: Float64Array | null },
): Float32Array<ArrayBuffer> {
  const width = pitch(columns);
  const own = data.subarray(first * columns, (first + rows) * columns) as Float32Array<ArrayBuffer>;
  if (scale === null && width === columns) return own;
  const out = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    const factor = scale === null ? 1 : scale[first + r] as number;
    for (let i = 0; i < columns; i++) out[r * width + i] = own[r * columns + i]! * factor;
  }
  return out;
}
