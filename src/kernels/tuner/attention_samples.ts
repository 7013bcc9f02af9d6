/** Some outputs of softmax attention in float64. */

import type { AttentionSlot } from "../tuning/slots.ts";
import type { Sample } from "./work.ts";

/** Heads of the rows of sequences, each with its own keys. */
export interface AttentionProblem {
  slot: AttentionSlot;
  sequences: readonly (readonly [rows: number, keys: number])[];
  heads: number;
  /** A multiple of 4; in the absorbed form the width of the model. */
  headSize: number;
}

/** Element (i, a, d) at `offset + i * stride + a * head + d`. */
export interface Tensor {
  data: Float32Array;
  offset: number;
  stride: number;
  head: number;
}

/** Queries, keys and values, and the factor of the scores. */
interface Inputs {
  q: Tensor;
  k: Tensor;
  v: Tensor;
  scale: number;
}

/** How many heads of rows are sampled: all elements of each. */
const SAMPLED = 16;

/** Outputs `[rows, heads, headSize]` of heads of rows that are spread evenly from the first to the last. */
export function attentionSamples({ sequences, heads, headSize }: AttentionProblem, inputs: Inputs): Sample[] {
  let keyStart = 0;
  const keysOfRows = sequences.flatMap(([rows, count]) => {
    const keys = { start: keyStart, count };
    keyStart += count;
    return Array<typeof keys>(rows).fill(keys);
  });
  const last = keysOfRows.length * heads - 1;
  const count = Math.min(SAMPLED, last + 1);
  return Array.from({ length: count }, (_, i) => Math.round(i * last / Math.max(1, count - 1))).flatMap((at) => {
    const row = Math.floor(at / heads);
    const head = at % heads;
    return headOfRow(inputs, { row, head, keys: keysOfRows[row]! })
      .map((output, d) => ({ at: at * headSize + d, ...output }));
  });

  function headOfRow(
    { q, k, v, scale }: Inputs,
    { row, head, keys }: { row: number; head: number; keys: { start: number; count: number } },
  ): Omit<Sample, "at">[] {
    const scores: number[] = [];
    let magnitude = 0; // the largest sum of absolute products behind a score
    for (let j = 0; j < keys.count; j++) {
      let score = 0;
      let products = 0;
      for (let d = 0; d < headSize; d++) {
        const product = read(q, row, head, d) * read(k, keys.start + j, head, d) * scale;
        score += product;
        products += Math.abs(product);
      }
      scores.push(score);
      magnitude = Math.max(magnitude, products);
    }
    const highest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - highest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    // Scores off by δ put probabilities off by a factor of up to e^2δ; exponentials and sums round besides.
    const rounding = Math.expm1(2 * headSize * 2 ** -23 * magnitude) + 1e-5 + keys.count * 2 ** -23;
    return Array.from({ length: headSize }, (_, d) => {
      const terms = powers.map((power, j) => power / total * read(v, keys.start + j, head, d));
      const value = terms.reduce((sum, term) => sum + term, 0);
      return { value, bound: rounding * terms.reduce((sum, term) => sum + Math.abs(term), 0) };
    });
  }
}

function read({ data, offset, stride, head }: Tensor, i: number, a: number, d: number): number {
  return data[offset + i * stride + a * head + d] as number;
}
