/** Reads the tables of `characters.ts`. */

/** A table of hexadecimal ranges as the inside of a character class of a regular expression (flag `u`). */
export function characterClass(table: string): string {
  return entries(table).map((range) => range.split("-").map((code) => `\\u{${code}}`).join("-")).join("");
}

/** Whether a character is in a table. */
export function memberOf(table: string): (character: string) => boolean {
  const expression = new RegExp(`^[${characterClass(table)}]`, "u");
  return (character) => expression.test(character);
}

/** The number that a table gives to each of its characters: `7: 93c 9bc-9bd` gives 7 to three of them. */
export function characterNumbers(table: string): Map<string, number> {
  const numbers = new Map<string, number>();
  let number = 0;
  for (const entry of entries(table)) {
    if (entry.endsWith(":")) {
      number = parseInt(entry);
      continue;
    }
    const [first = 0, last = first] = entry.split("-").map((code) => parseInt(code, 16));
    for (let code = first; code <= last; code++) numbers.set(String.fromCodePoint(code), number);
  }
  return numbers;
}

function entries(table: string): string[] {
  return table.trim().split(/\s+/);
}
