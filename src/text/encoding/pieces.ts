/** The word pieces of a text, before special tokens are added. */

/** The word pieces of one text; the lists are equally long. */
export interface Pieces {
  /** Id of each piece. */
  ids: number[];
  /** Start of each piece in the text, in UTF-16 units. */
  starts: number[];
  /** End of each piece. */
  ends: number[];
  /** Number of the word that each piece belongs to. */
  words: number[];
  /** The token of each piece, and the text that offsets count in; absent if no offsets depend on them. */
  values?: string[];
  text?: string;
}

/** Splits texts into word pieces. */
export interface Splitter {
  /** The pieces of a text without lone surrogates. */
  split(text: string): Pieces;
}
