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
  second?: readonly T[] | undefined;
}

/** Both lists in a frame, with what `special` makes of the ids of special tokens. */
export function framed<T>(frame: Frame, { first, second }: Pair<T>, special: (id: number) => T): T[] {
  const parts = second === undefined ? frame.single : frame.pair;
  return parts.flatMap((part) => "ids" in part ? part.ids.map(special) : part.text === 0 ? first : second!);
}

/** The types of the tokens of both lists in a frame. */
export function framedTypes(frame: Frame, { first, second }: Pair<unknown>): number[] {
  const parts = second === undefined ? frame.single : frame.pair;
  return parts.flatMap((part) => {
    const { length } = "ids" in part ? part.ids : part.text === 0 ? first : second!;
    return new Array<number>(length).fill(part.type);
  });
}
