/** Paths and URLs of what is in a folder. */

/** The path or URL of something in a folder, by its name. Every system understands a slash. */
export function pathIn(folder: string, name: string): string {
  return folder.replace(/\/?$/, () => `/${name}`);
}
