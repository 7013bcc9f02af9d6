/** The files that a command line names: none that is written may be another. */

import { type Options, UsageError } from "./options.ts";
import { isSameFile } from "./outputs/same_file.ts";

/** A file or folder that an option names. */
export interface NamedFile {
  /** The option without its hyphens: `input`. */
  readonly option: string;
  readonly path: string;
}

/** The files and folders that options name by their values. */
export function namedFiles(options: Options, values: Readonly<Record<string, unknown>>): NamedFile[] {
  return Object.entries(options).flatMap(([option, { placeholder }]) => {
    if (placeholder !== "FILE" && placeholder !== "PATH") return [];
    const paths = [values[option] ?? []].flat() as string[];
    return paths.filter((path) => path !== "-").map((path) => ({ option, path })); // - is standard input
  });
}

/**
 * Checks that a file which is to be written is none of some others.
 *
 * @throws {UsageError} If it is one of them, by whatever path.
 */
export async function refuseSame({ option, path }: NamedFile, others: readonly NamedFile[]): Promise<void> {
  for (const other of others) {
    if (!(await isSameFile(path, other.path))) continue;
    throw new UsageError(`--${option} ${path} is the file of --${other.option} too: choose another`);
  }
}
