/** The texts that a command works on. */

import { UsageError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/**
 * The texts given as arguments or, where there are none, the lines of standard input.
 *
 * @throws {UsageError} Where there is no text at all.
 */
export async function gatherTexts(args: readonly string[], terminal: Terminal): Promise<readonly string[]> {
  if (args.length > 0) return args;
  const lines = (await terminal.readInput() ?? "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > 0) return lines;
  throw new UsageError("no text: give texts as arguments, or one a line on standard input");
}
