/** Examples as numbers, before they are padded to batches. */

/** A sequence of tokens, special ones included. */
export interface Sequence {
  readonly ids: Uint32Array;
  /** How many tokens are of type 0; the others are of type 1. */
  readonly first: number;
}

/** What becomes one entry of a batch. */
export interface Row {
  /** The numbers of the examples that begin in it; several if texts are packed. */
  readonly examples: readonly number[];
  /** Its sequence; of `choose` one for each choice. */
  readonly sequences: readonly Sequence[];
  /** A label for each token, -100 for none; or the ids of its classes, or the number that it is to give. */
  readonly labels: Int32Array | readonly number[];
  /** Tokens of all sequences. */
  readonly tokens: number;
  /** Tokens of the longest one. */
  readonly longest: number;
  /** How many of the examples were too long, and are cut. */
  readonly truncated: number;
}

/** A row of examples, whose tokens are counted. */
export function rowOf(
  examples: readonly number[],
  { sequences, labels, truncated }: Pick<Row, "sequences" | "labels"> & { truncated: boolean },
): Row {
  let tokens = 0;
  let longest = 0;
  for (const { ids } of sequences) {
    tokens += ids.length;
    longest = Math.max(longest, ids.length);
  }
  return { examples, sequences, labels, tokens, longest, truncated: truncated ? 1 : 0 };
}
