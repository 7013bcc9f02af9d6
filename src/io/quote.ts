/** How names from files appear in messages. */

const MAX_LENGTH = 200;

/** `text` in quotes, with control characters escaped and very long ones cut: names come from strangers. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH) + "…");
}
