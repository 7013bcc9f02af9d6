/** Canonical ordering of combining marks, with the offsets that Hugging Face's `tokenizers` gives them. */

/** A combining mark: an accent, a vowel sign and the like. */
export interface Mark {
  /** Its text; `""` if it is stripped, so that only its offsets count. */
  text: string;
  /** Its combining class, from 1. */
  order: number;
  /** Offsets in the original text of the character it was made from. */
  start: number;
  end: number;
  /** Whether it is the first or only mark made from that character, rather than a further one. */
  replaces: boolean;
}

/**
 * Puts the marks on one letter in canonical order. Offsets do not move with their marks: the first mark in the new
 * order gets the first offsets, and so on. A further mark made from the same character shares the offsets before it.
 */
export function placeMarks(marks: readonly Mark[]): Mark[] {
  const places = marks.filter((mark) => mark.replaces);
  let next = 0;
  return marks.toSorted((a, b) => a.order - b.order).map((mark) => {
    if (mark.replaces) next++;
    const { start, end } = places[next - 1] ?? mark;
    return { ...mark, start, end };
  });
}
