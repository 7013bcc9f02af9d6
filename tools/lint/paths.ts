/** Paths as the lint rules see them: relative to the root of the repository, with forward slashes. */
import { posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The path of a file (absolute, or relative to the root) in the repository. */
export function repositoryPath(filename: string): string {
  return relative(ROOT, resolve(ROOT, filename)).split(sep).join("/");
}

/**
 * The path in the repository that an import leads to; it starts with `../` where it leaves the repository.
 *
 * @param importer The importing file, as {@link repositoryPath} gives it.
 * @param specifier As written there.
 * @returns null where the specifier is not a relative path.
 */
export function resolveImport(importer: string, specifier: string): string | null {
  return /^\.{1,2}\//.test(specifier) ? posix.join(posix.dirname(importer), specifier) : null;
}
