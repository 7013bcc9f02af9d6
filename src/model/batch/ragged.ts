/** Sequences one behind the other, without padding: the form in which a model computes every batch. */

/**
 * The positions that the narrow layers compute: each sequence's first, those of `narrow_mask`, or all as ordinary
 * layers.
 */
export type RowRule = "first" | "narrow_mask" | "ordinary";

/**
 * A ragged batch. The keys of a sequence (the tokens that may be attended to) come first, then its narrow rows that are
 * no keys: those are queries only. So keys are a range, no kernel needs a mask, and padding costs nothing.
 */
export interface Ragged {
  /** `u32 [T, 4]`: word id, type id, position id, 0. */
  tokens: Uint32Array;
  /** Position of each token in its sequence, independent of the position ids, `[T]`. */
  places: Uint32Array;
  /** Tokens of each sequence, `[B]`. */
  lengths: Uint32Array;
  /** How many of them are keys, `[B]`. */
  keyCounts: Uint32Array;
  /** The token of each narrow row, sequence by sequence, `[R]`. */
  rows: Uint32Array;
  /** Narrow rows of each sequence, `[B]`. */
  rowCounts: Uint32Array;
  /** The caller's own word embeddings, `[T, pitch(H)]`; null if the table's are used. */
  embeds: Float32Array | null;
}

/** A sequence of {@linkcode raggedOfSequences}: every token is a key. */
export interface Sequence {
  /** Word ids. */
  ids: ArrayLike<number>;
  /** Type ids, or null if all are 0. */
  types: ArrayLike<number> | null;
  /** Positions of its narrow rows. */
  rows: ArrayLike<number>;
}

/** A ragged batch of sequences without masked tokens, positions counted from 0. */
export function raggedOfSequences(sequences: readonly Sequence[]): Ragged {
  let count = 0;
  let rowCount = 0;
  for (const { ids, rows } of sequences) {
    count += ids.length;
    rowCount += rows.length;
  }
  const tokens = new Uint32Array(4 * count);
  const places = new Uint32Array(count);
  const lengths = new Uint32Array(sequences.length);
  const rowIndex = new Uint32Array(rowCount);
  const rowCounts = new Uint32Array(sequences.length);
  let token = 0;
  let row = 0;
  for (let b = 0; b < sequences.length; b++) {
    const { ids, types, rows } = sequences[b] as Sequence;
    const { length } = ids;
    for (let i = 0; i < rows.length; i++) rowIndex[row++] = token + (rows[i] as number);
    for (let l = 0; l < length; l++, token++) {
      tokens[4 * token] = ids[l] as number;
      if (types !== null) tokens[4 * token + 1] = types[l] as number;
      tokens[4 * token + 2] = l;
      places[token] = l;
    }
    lengths[b] = length;
    rowCounts[b] = rows.length;
  }
  return { tokens, places, lengths, keyCounts: lengths, rows: rowIndex, rowCounts, embeds: null };
}
