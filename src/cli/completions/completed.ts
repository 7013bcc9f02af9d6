/** What can be completed, in a form that all shells share. */

import type { Options } from "../options.ts";

/** What a shell can complete of a command. */
export interface CompletedCommand {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  readonly options: Options;
  /** Its positional arguments, if they come from a list of words. */
  readonly words?: readonly string[];
  /** Whether these words are commands, whose own arguments follow. */
  readonly runs?: boolean;
}

/** An option as users write it. */
export interface CompletedOption {
  /** Its name without hyphens: `top-k`. */
  readonly name: string;
  /** A letter that stands for it. */
  readonly short?: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** The words that its value may be (none if any text is allowed), a file or folder, or `null` for a switch. */
  readonly value: readonly string[] | "file" | null;
}

/** The options of a command, including the `--no-NAME` of its switches. */
export function completedOptions(options: Options): CompletedOption[] {
  return Object.entries(options).flatMap(([name, { short, help, placeholder, choices = [], negatable }]) => {
    const [summary = ""] = help.split(/[;:]/);
    const value = placeholder === undefined ? null : /^(FILE|PATH)/.test(placeholder) ? "file" : choices;
    const opposite: CompletedOption[] = negatable ? [{ name: `no-${name}`, summary: `do not ${summary}`, value }] : [];
    return [{ name, short, summary, value }, ...opposite];
  });
}
