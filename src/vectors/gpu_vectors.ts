/** Vectors on the GPU, in parts, and the search for the best of them there. */

import { NoAdapterError } from "../base/errors.ts";
import { type Gpu, requestGpu } from "../gpu/device.ts";
import { pitch } from "../kernels/kernel.ts";
import { GpuScores, MOST_FOUND, MOST_QUERIES, partsOf } from "./gpu_scores.ts";
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

  private constructor(gpu: Gpu, scores: GpuScores, parts: readonly Part[]) {
    this.#gpu = gpu;
    this.#scores = scores;
    this.#parts = parts;
  }

  /** Whether the GPU can find what is asked for. */
  static fits(
    queries: Measured,
    vectors: Measured,
    { similarity, top_k }: { similarity: "cosine" | "dot"; top_k: number },
  ): boolean {
    if (Math.min(top_k, vectors.rows) + MORE > MOST_FOUND) return false;
    const longest = ({ lengths }: Measured) => lengths.reduce((most, length) => Math.max(most, length), 0);
    return longest(queries) * (similarity === "dot" ? longest(vectors) : 1) < LARGE;
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
    const scale = similarity === "cosine" ? vectors.lengths.map((length) => 1 / Math.max(length, LEAST_LENGTH)) : null;
    const parts: Part[] = [];
    const found = new GpuVectors(gpu, new GpuScores(gpu, vectors.columns), parts);
    try {
      for (const { first, rows } of partsOf(vectors)) {
        const buffer = await gpu.scoped(
          "put vectors on the GPU",
          () => gpu.buffers.acquire(4 * rows * pitch(vectors.columns), "vectors"),
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
   * Finds the vectors that are most alike to each query, and some more.
   *
   * @param found Called with each of them, by the numbers of the query and the vector.
   */
  async best(
    queries: Measured,
    { top_k, signal, found }: {
      top_k: number;
      signal: AbortSignal | undefined;
      found: (query: number, vector: number) => void;
    },
  ): Promise<void> {
    for (let start = 0; start < queries.rows; start += MOST_QUERIES) {
      const count = Math.min(MOST_QUERIES, queries.rows - start);
      const asked = { data: laidOut(queries, { first: start, rows: count, scale: null }), rows: count };
      await Promise.all(this.#parts.map(async ({ first, rows, buffer }) => {
        const k = Math.min(top_k + MORE, rows);
        const indices = await this.#scores.best(asked, { vectors: buffer, rows, k, signal });
        for (let i = 0; i < count * k; i++) found(start + Math.floor(i / k), first + (indices[i] as number));
      }));
    }
  }

  /** Frees the GPU memory. */
  dispose(): void {
    for (const { buffer } of this.#parts) this.#gpu.buffers.release(buffer);
    this.#scores.dispose();
  }
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
