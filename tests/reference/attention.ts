/**
 * Attention in float64, in plain loops: what `attention`, `attention_probabilities` and `attention_apply` must compute.
 *
 * Rows and keys are packed: each sequence has its own consecutive rows, and attends to its own consecutive tokens.
 */

/** Element `d` of head `a` of row (or token) `i`. */
export type Read = (i: number, a: number, d: number) => number;

/** Which rows attend to which tokens. */
export interface Sequence {
  rowStart: number;
  rowCount: number;
  keyStart: number;
  keyCount: number;
}

/** The relative term of a score. */
export interface RelativeTerm {
  /** Whether the key meets the distance as well as the query. */
  withKey: boolean;
  /** What meets the distance: the query itself, or the true query where `q` is an absorbed one. */
  q: Read;
  size: number;
  /** Element `d` of the embedding of distance `i - center`. */
  distance: (i: number, d: number) => number;
  center: number;
  queryPositions: readonly number[];
  keyPositions: readonly number[];
}

/** All that attention depends on. */
export interface AttentionInputs {
  sequences: readonly Sequence[];
  /** Number of rows in all, those of no sequence included. */
  rows: number;
  heads: number;
  headSize: number;
  q: Read;
  k: Read;
  v: Read;
  scale: number;
  headScale: ArrayLike<number>;
  relative: RelativeTerm | null;
}

/** How well row `r` matches token `t` under head `a`. */
export function score({ headSize, q, k, scale, relative }: AttentionInputs, r: number, a: number, t: number): number {
  let sum = 0;
  for (let d = 0; d < headSize; d++) sum += q(r, a, d) * k(t, a, d);
  if (relative !== null) {
    const { queryPositions, keyPositions, center, size, distance } = relative;
    const i = (queryPositions[r] as number) - (keyPositions[t] as number) + center;
    for (let d = 0; d < size; d++) sum += relative.q(r, a, d) * distance(i, d);
    if (relative.withKey) { for (let d = 0; d < size; d++) sum += k(t, a, d) * distance(i, d); }
  }
  return sum * scale;
}

/** `[rows, heads, columns]`: the softmax of a row's scores times the head's scale, key j of its sequence in column j. */
export function attentionProbabilities(inputs: AttentionInputs, columns: number): Float64Array {
  const { sequences, rows, heads, headScale } = inputs;
  const probabilities = new Float64Array(rows * heads * columns);
  for (const { rowStart, rowCount, keyStart, keyCount } of sequences) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      for (let a = 0; a < heads; a++) {
        const scores = Array.from({ length: keyCount }, (_, j) => score(inputs, r, a, keyStart + j));
        const highest = Math.max(...scores);
        const powers = scores.map((x) => Math.exp(x - highest));
        const total = powers.reduce((sum, x) => sum + x, 0);
        powers.forEach((x, j) => {
          probabilities[(r * heads + a) * columns + j] = x / total * (headScale[a] as number);
        });
      }
    }
  }
  return probabilities;
}

/** `[rows, heads, headSize]`: each row's values, weighted by its `probabilities` `[rows, heads, columns]`. */
export function attentionApply(
  { sequences, rows, heads, headSize, v }: Pick<AttentionInputs, "sequences" | "rows" | "heads" | "headSize" | "v">,
  probabilities: ArrayLike<number>,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * heads * headSize);
  for (const { rowStart, rowCount, keyStart, keyCount } of sequences) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      for (let a = 0; a < heads; a++) {
        for (let j = 0; j < keyCount; j++) {
          const p = probabilities[(r * heads + a) * columns + j] as number;
          for (let d = 0; d < headSize; d++) {
            const at = (r * heads + a) * headSize + d;
            out[at] = (out[at] as number) + p * v(keyStart + j, a, d);
          }
        }
      }
    }
  }
  return out;
}

/** `[rows, heads, headSize]`: attention, all in one. */
export function attention(inputs: AttentionInputs): Float64Array {
  const columns = Math.max(0, ...inputs.sequences.map(({ keyCount }) => keyCount));
  return attentionApply(inputs, attentionProbabilities(inputs, columns), columns);
}
