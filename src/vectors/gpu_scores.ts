/** The largest products of queries and vectors: a program of two ops. */

import type { Gpu } from "../gpu/device.ts";
import { Graph } from "../graph/graph.ts";
import { linear } from "../graph/ops/products/linear.ts";
import { topK } from "../graph/ops/rows/top_k.ts";
import { Program } from "../graph/program/program.ts";
import { MAX_TEXTURE_ROWS, pitch } from "../kernels/kernel.ts";
import { MAX_TOP_K } from "../kernels/rows/top_k.ts";
import { tuningOf } from "../kernels/tuning/tuning.ts";
import type { Matrix } from "./matrix.ts";

/** Most bytes of a part of the vectors: a buffer. */
const PART_BYTES = 16 * 1024 * 1024;

/** Most queries of a call. */
export const MOST_QUERIES = 128;
/** The most vectors that are found for a query in a part. */
export const MOST_FOUND = MAX_TOP_K;

/** The parts that vectors are cut into. */
export function partsOf({ rows, columns }: Matrix): { first: number; rows: number }[] {
  const most = Math.max(1, Math.min(MAX_TEXTURE_ROWS, Math.floor(PART_BYTES / (4 * pitch(columns)))));
  const count = Math.ceil(rows / most);
  return Array.from({ length: count }, (_, i) => ({ first: i * most, rows: Math.min(most, rows - i * most) }));
}

/** Computes products with vectors of one size, and finds the largest. */
export class GpuScores {
  readonly #program: Program;

  /** @param columns Numbers of a vector. */
  constructor(gpu: Gpu, columns: number) {
    const g = new Graph(tuningOf(gpu));
    const x = g.input("queries", "f32", ["Q", columns], "pitched");
    const weight = g.resident("vectors", "f32", ["C", columns]);
    const scores = linear(g, { label: "scores", x, weight, transposed: true });
    const { indices } = topK(g, { label: "best", x: scores, k: "K" });
    g.output("indices", indices);
    this.#program = new Program(gpu, g);
  }

  /**
   * The vectors of a part with the largest products.
   *
   * @param queries Their rows as the GPU reads them, at most {@linkcode MOST_QUERIES}.
   * @param options `vectors`: a buffer of so many `rows`; `k`: how many are found, at most {@linkcode MOST_FOUND}.
   * @returns Their numbers in the part, `[queries, k]`.
   */
  async best(
    queries: { data: Float32Array; rows: number },
    { vectors, rows, k, signal }: { vectors: GPUBuffer; rows: number; k: number; signal: AbortSignal | undefined },
  ): Promise<ArrayLike<number>> {
    const { outputs } = await this.#program.run({
      scalars: { Q: queries.rows, C: rows, K: k },
      inputs: { queries: queries.data },
      residents: { vectors },
      ...(signal && { signal }),
    });
    return outputs.get("indices")!.data as Uint32Array;
  }

  /** Frees the memory of the program. */
  dispose(): void {
    this.#program.dispose();
  }
}
