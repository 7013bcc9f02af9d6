/** How a pair of token lists that is too long shares the room there is. */

/**
 * How many tokens of each list to keep, by `longest_first` of Hugging Face's fast tokenizers: the longer list is cut
 * first; where both must be, each gets half, and an odd token goes to the longer.
 *
 * @param first Tokens of the first list.
 * @param second Tokens of the second, 0 where there is none.
 * @param room Tokens that both may take together.
 */
export function longestFirst(first: number, second: number, room: number): [first: number, second: number] {
  if (first + second <= room) return [first, second];
  const short = Math.min(first, second, Math.floor(room / 2));
  return first <= second ? [short, room - short] : [room - short, short];
}
