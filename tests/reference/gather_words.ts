/** Rows of a slice of a table of words, in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** What a call takes. */
export interface GatherWords {
  rows: number;
  columns: number;
  /** The slice's first row in the table, and how many it has. */
  first: number;
  count: number;
  /** Four integers a token, of which the first is the word. */
  tokens: Uint32Array;
  /** `[count, columns]`. */
  words: ArrayLike<number>;
}

/** The tokens whose words are in the slice. */
export function tokensOfSlice({ rows, first, count, tokens }: GatherWords): number[] {
  const all = Array.from({ length: rows }, (_, t) => t);
  return all.filter((t) => (tokens[4 * t] as number) >= first && (tokens[4 * t] as number) < first + count);
}

/** The rows of these tokens, one behind the other, and their places in the result. */
export function gatherWords(call: GatherWords): { values: Float64Array<ArrayBuffer>; at: Uint32Array<ArrayBuffer> } {
  const { columns, first, tokens, words } = call;
  const stride = pitch(columns);
  const found = tokensOfSlice(call);
  const values = new Float64Array(found.length * stride);
  const at = new Uint32Array(found.length * stride);
  found.forEach((t, i) => {
    const row = (tokens[4 * t] as number) - first;
    for (let c = 0; c < stride; c++) {
      values[i * stride + c] = words[row * stride + c] as number;
      at[i * stride + c] = t * stride + c;
    }
  });
  return { values, at };
}
