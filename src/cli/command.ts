/** What a command of the command line is, and how its options are read. */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import type { Terminal } from "./terminal.ts";

/** One command: a file in `commands/` and a row in `commands.ts`. */
export interface Command {
  /** Its name on the command line. */
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** What `--help` prints: usage, options, examples. */
  readonly help: string;
  /** Does it. What it throws becomes a line on standard error and an exit code. */
  run(args: string[], terminal: Terminal): Promise<void>;
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Options that every command has; `main` acts on them. */
const COMMON_OPTIONS = {
  help: { type: "boolean", short: "h" },
  debug: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

/** How `--help` of every command ends its list of options. */
export const COMMON_HELP = `\
  --debug            show the stack of an error
  -h, --help         show this help`;

/**
 * Reads a command's options and positional arguments.
 *
 * @throws {UsageError} On an unknown option, or a value that is missing or not wanted.
 */
export function parseCommandLine<const Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options: { ...COMMON_OPTIONS, ...options }, allowPositionals: true, strict: true });
  } catch (error) {
    const [problem] = (error as Error).message.split(". "); // what follows is advice, cut off in the middle of a quote
    throw new UsageError(problem);
  }
}

/**
 * Reads a whole number from 1.
 *
 * @throws {UsageError} Where it is something else.
 */
export function parseCount(value: string, option: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`${option} must be a whole number from 1, got "${value}"`);
}
