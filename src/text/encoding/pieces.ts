/** What a text is split into, before special tokens are put round it. */

/** The word pieces of one text; the lists are equally long. */
export interface Pieces {
  /** Id of each piece. */
  ids: number[];
  /** Where each piece starts in the text, in UTF-16 units. */
  starts: number[];
  /** Where each piece ends. */
  ends: number[];
  /** Number of the word that each piece belongs to. */
  words: number[];
}

/** Splits texts into word pieces. */
export interface Splitter {
  /** Whether it knows places and words; otherwise those lists stay empty. */
  readonly locates: boolean;
  /** The pieces of a text without lone surrogates. */
  split(text: string): Pieces;
}
