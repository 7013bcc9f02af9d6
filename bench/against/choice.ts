/** Which works are compared: those that both sides have and that were asked for. */

/** Names that both sides have, in the order of the first, and those of one side only. */
export interface Match {
  both: string[];
  onlyHere: string[];
  onlyThere: string[];
}

export function match(here: readonly string[], there: readonly string[]): Match {
  return {
    both: here.filter((name) => there.includes(name)),
    onlyHere: here.filter((name) => !there.includes(name)),
    onlyThere: there.filter((name) => !here.includes(name)),
  };
}

/**
 * What words choose among the works of bench files. A word that is part of a file's name chooses the file. `FILE:NAME`,
 * with a file's whole name, chooses those of its works whose names contain NAME. Any other word chooses the works of
 * all files whose names contain it. Without words everything is chosen.
 */
export class Choice {
  readonly #parts: { file: string; name: string }[];

  constructor(words: readonly string[], files: readonly string[]) {
    this.#parts = (words.length > 0 ? words : [""]).map((word) => {
      if (files.some((file) => file.includes(word))) return { file: word, name: "" };
      const file = files.find((file) => word.startsWith(`${file}:`));
      return file === undefined ? { file: "", name: word } : { file, name: word.slice(file.length + 1).trim() };
    });
  }

  /** Whether works of a file may be chosen. */
  hasFile(file: string): boolean {
    return this.#parts.some((part) => file.includes(part.file));
  }

  has(file: string, work: string): boolean {
    return this.#parts.some((part) => file.includes(part.file) && work.includes(part.name));
  }
}
