/** The frame of special tokens round texts, such as BERT's `[CLS] first [SEP]` and `[CLS] first [SEP] second [SEP]`. */

/** A part of a frame: special tokens, or one of the texts, and the type of all its tokens. */
export type FramePart =
  | { readonly ids: readonly number[]; readonly type: number }
  | { readonly text: 0 | 1; readonly type: number };

/** What stands round one text, and round a pair. */
export interface Frame {
  readonly single: readonly FramePart[];
  readonly pair: readonly FramePart[];
}

/** The parts for one text or a pair, with special tokens or without. */
export function partsOf(frame: Frame, which: { isPair: boolean; special: boolean }): readonly FramePart[] {
  const parts = which.isPair ? frame.pair : frame.single;
  return which.special ? parts : parts.filter((part) => "text" in part);
}

/** How many special tokens the parts have. */
export function specialCount(parts: readonly FramePart[]): number {
  return parts.reduce((count, part) => count + ("ids" in part ? part.ids.length : 0), 0);
}

/** A text, or a pair of texts, as one list for each. */
export interface Pair<T> {
  first: readonly T[];
  second?: readonly T[];
}

/** Both lists in BERT's frame. */
export function framed<T>({ first, second }: Pair<T>, { opening, closing }: { opening: T; closing: T }): T[] {
  return second === undefined ? [opening, ...first, closing] : [opening, ...first, closing, ...second, closing];
}

/** How many tokens each of two texts has. */
export interface PairLengths {
  first: number;
  /** `undefined` if there is no second text. */
  second?: number;
}

/** The types of the tokens of both texts in BERT's frame: 0 and 1. The last `[SEP]` is of type 1 too. */
export function tokenTypes({ first, second }: PairLengths): number[] {
  const types = new Array<number>(first + 2).fill(0);
  return second === undefined ? types : [...types, ...new Array<number>(second + 1).fill(1)];
}
