/** How messages call an input. */

/**
 * The input at `index`: `text 3 of 8`, `the text` where it is the only one, `text 3` where their number is not known.
 *
 * @param noun What it is: `text`.
 */
export function nameOf(noun: string, index: number, total?: number): string {
  if (total === 1) return `the ${noun}`;
  return `${noun} ${index + 1}${total === undefined ? "" : ` of ${total}`}`;
}

/** The text in quotes, cut to a length that fits a message. */
export function excerpt(text: string): string {
  const characters = [...text.slice(0, 200)];
  const short = characters.length <= 40 && text.length <= 200;
  return JSON.stringify(short ? text : characters.slice(0, 39).join("") + "…");
}
