/** The folder of a site, which the next site may replace. */

/** The file by which a folder is known as that of a site. */
const MARKER = ".site";

/** What is in it, for those who look. */
const NOTE = "`deno task site` made this folder, and replaces all that is in it.\n";

/**
 * Makes a folder, or empties it if an earlier site is in it.
 *
 * @throws {Error} If it holds anything else, or is no folder; nothing is removed then.
 */
export async function freshFolder(path: string): Promise<void> {
  const names = await namesIn(path);
  if (names.length > 0 && !names.includes(MARKER)) {
    const found = `${names.sort()[0]}${names.length === 1 ? "" : ` and ${names.length - 1} more`}`;
    throw new Error(
      `Cannot make the site in ${path}: the folder must be new, empty or an earlier site's, got one with ${found}; ` +
        "name another folder, or delete this one",
    );
  }
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(`${path}/${MARKER}`, NOTE);
  for (const name of names) {
    if (name !== MARKER) await Deno.remove(`${path}/${name}`, { recursive: true });
  }
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
    throw new Error(`Cannot make the site in ${path}: it must be a folder, got a file; name another path`);
  }
}
