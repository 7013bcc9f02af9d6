/** The command line of `deno task bench:against`. */

import { parseArgs } from "node:util";

export const USAGE = "deno task bench:against COMMIT [WORD…] [--processes N] [--rounds N] [--list] [--json FILE]";

const PROCESSES = 3;
const ROUNDS = 3;

/** What is asked for. */
export interface Options {
  commit: string;
  /** What to compare; everything if empty. */
  words: string[];
  /** Processes of each side and bench file, one after the other. */
  processes: number;
  /** Samples of each work in each process. */
  rounds: number;
  /** Only list the works, which still loads the bench files of both sides. */
  list: boolean;
  /** A file for everything that was measured. */
  json: string | null;
}

/** @throws {SyntaxError} If the arguments are not those of {@linkcode USAGE}. */
export function parseOptions(args: string[]): Options {
  const { values, positionals: [commit, ...words] } = parse(args);
  if (commit === undefined) throw new SyntaxError(`Cannot compare: name a commit; usage: ${USAGE}`);
  return {
    commit,
    words,
    processes: count("--processes", values.processes ?? PROCESSES),
    rounds: count("--rounds", values.rounds ?? ROUNDS),
    list: values.list ?? false,
    json: values.json ?? null,
  };
}

function count(option: string, value: string | number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new SyntaxError(`Cannot compare: ${option} must be a whole number from 1, got "${value}"`);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        processes: { type: "string" },
        rounds: { type: "string" },
        list: { type: "boolean" },
        json: { type: "string" },
      },
    });
  } catch (error) {
    throw new SyntaxError(`Cannot compare: ${(error as Error).message}; usage: ${USAGE}`);
  }
}
