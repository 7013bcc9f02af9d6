/** Embeddings in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { layerNorm } from "./layer_norm.ts";

/** Sizes and operands of {@linkcode embeddingSum}; matrices have a row pitch. */
export interface EmbeddingsCall {
  rows: number;
  columns: number;
  /** [rows] of (word, type, position, unused) */
  tokens: ArrayLike<number>;
  /** [vocabulary, columns], or [rows, columns] with `embeds` */
  words: ArrayLike<number>;
  /** [positions, columns]; left out, no position is added */
  positions?: ArrayLike<number>;
  /** [types, columns] */
  types: ArrayLike<number>;
  /** Whether `words` are the embeddings of the tokens themselves. */
  embeds: boolean;
}

/** `sum[t] = words[word] + types[type] + positions[position]`, not yet normalized; [rows, columns]. */
export function embeddingSum(call: EmbeddingsCall): Float64Array {
  const { rows, columns, tokens, words, positions, types, embeds } = call;
  const stride = pitch(columns);
  const sum = new Float64Array(rows * stride);
  for (let t = 0; t < rows; t++) {
    const [word, type, position] = [tokens[4 * t], tokens[4 * t + 1], tokens[4 * t + 2]] as [number, number, number];
    for (let c = 0; c < columns; c++) {
      sum[t * stride + c] = (words[(embeds ? t : word) * stride + c] as number) +
        (types[type * stride + c] as number) + (positions?.[position * stride + c] ?? 0);
    }
  }
  return sum;
}

/** `out[t] = LayerNorm(sum[t]) * weight + bias`; [rows, columns]. */
export function embeddings(
  call: EmbeddingsCall & { eps: number; weight: ArrayLike<number>; bias: ArrayLike<number> },
): Float64Array {
  const { rows, columns, eps, weight, bias } = call;
  return layerNorm({ rows, columns, eps, weight, bias, x: embeddingSum(call) });
}
