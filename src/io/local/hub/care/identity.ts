/** What tells whether two paths are one file. */

/** The same for all paths of a file, through links; `null` if there is none. */
export async function identityOf(path: string): Promise<string | null> {
  const info = await Deno.stat(path).catch(() => null);
  if (info === null) return null;
  return info.ino === null ? await Deno.realPath(path) : `${info.dev}:${info.ino}`;
}
