/** What the errors of a file system mean, by the codes that all systems share. */

/** Whether a path could not be read since no file is there: nothing at all, a folder, or something below a file. */
export function isNoFile(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error) ?? "");
}

/** The code of a system's error, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
