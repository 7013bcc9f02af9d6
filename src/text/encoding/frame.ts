/** BERT's frame of special tokens: `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]`. */

/** A text, or a pair of texts, as one list for each. */
export interface Pair<T> {
  first: readonly T[];
  second?: readonly T[];
}

/** Both lists in the frame. */
export function framed<T>({ first, second }: Pair<T>, { opening, closing }: { opening: T; closing: T }): T[] {
  return second === undefined ? [opening, ...first, closing] : [opening, ...first, closing, ...second, closing];
}

/** Both lists without a frame. */
export function joined<T>({ first, second = [] }: Pair<T>): T[] {
  return [...first, ...second];
}

/** How many tokens each of two texts has. */
export interface PairLengths {
  first: number;
  /** `undefined` if there is no second text. */
  second?: number;
}

/** The types of the tokens of both texts: 0 and 1. In the frame the last `[SEP]` is of type 1 too. */
export function tokenTypes({ first, second }: PairLengths, isFramed: boolean): number[] {
  const types = new Array<number>(first + (isFramed ? 2 : 0)).fill(0);
  return second === undefined ? types : [...types, ...new Array<number>(second + (isFramed ? 1 : 0)).fill(1)];
}

/** How many tokens the frame adds. */
export function frameLength(pair: boolean): 2 | 3 {
  return pair ? 3 : 2;
}
