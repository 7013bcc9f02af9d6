/** What there is to complete, for every shell alike. */

import type { Options } from "../options.ts";

/** What a shell can complete of a command. */
export interface CompletedCommand {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  readonly options: Options;
  /** Its positional arguments, where they are of a few words. */
  readonly words?: readonly string[];
}

/** An option as users write it. */
export interface CompletedOption {
  /** Its name without hyphens: `top-k`. */
  readonly name: string;
  /** A letter that stands for it. */
  readonly short?: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** The words that its value is one of, none where it is any text; a file or folder; `null` for a switch. */
  readonly value: readonly string[] | "file" | null;
}

/** The options of a command, those of its switches that say no among them. */
export function completedOptions(options: Options): CompletedOption[] {
  return Object.entries(options).flatMap(([name, { short, help, placeholder, choices = [], negatable }]) => {
    const [summary = ""] = help.split(/[;:]/);
    const value = placeholder === undefined ? null : /^(FILE|PATH)/.test(placeholder) ? "file" : choices;
    const opposite: CompletedOption[] = negatable ? [{ name: `no-${name}`, summary: `do not ${summary}`, value }] : [];
    return [{ name, short, summary, value }, ...opposite];
  });
}
