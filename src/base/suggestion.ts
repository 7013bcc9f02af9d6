/** What somebody may have meant by a name that there is not. */

/**
 * The end of a message: `; did you mean "classify"?`, with the name that is nearest to what was given; nothing if none is
 * near: more than a third of its characters, swaps of neighbours counted once, would have to change.
 *
 * Of our own, as a library would have to be loaded, perhaps from the network, just to say what is wrong.
 */
export function suggestion(given: string, names: readonly string[]): string {
  if (given.length > 60) return "";
  let [best, least] = ["", Math.max(1, Math.floor(given.length / 3)) + 1];
  for (const name of names) {
    const changes = name.startsWith(given) && given.length > 2
      ? 1
      : changesBetween(given.toLowerCase(), name.toLowerCase());
    if (changes < least) [best, least] = [name, changes];
  }
  return best === "" ? "" : `; did you mean "${best}"?`;
}

/** Characters to add, remove, change or swap with their neighbour, to make one text of another (optimal string alignment). */
function changesBetween(from: string, to: string): number {
  let [before, last] = [[] as number[], Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = last[j - 1]! + Number(from[i - 1] !== to[j - 1]);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(change, last[j]! + 1, row[j - 1]! + 1, isSwap ? before[j - 2]! + 1 : Infinity));
    }
    [before, last] = [last, row];
  }
  return last[to.length]!;
}
