/** Folders for tokenizer tests: of files in memory, and of a shipped model. */

import type { TokenizerFolder } from "../../src/text/files/files.ts";

/** A folder of the given files. */
export function filesFolder(files: Record<string, string | Uint8Array<ArrayBuffer>>): TokenizerFolder {
  const bytes = new Map(
    Object.entries(files).map((
      [name, data],
    ) => [name, typeof data === "string" ? new TextEncoder().encode(data) : data]),
  );
  return {
    location: "memory",
    has: (file) => Promise.resolve(bytes.has(file)),
    read: (file) => Promise.resolve(bytes.get(file)!),
  };
}

/** The folder of a shipped model, with the files in `without` hidden. */
export function shippedFolder(name: "mlm" | "topic", without: readonly string[] = []): TokenizerFolder {
  const folder = new URL(`../../examples/models/wordnet/${name}/`, import.meta.url);
  return {
    location: folder.href,
    has: (file) => Promise.resolve(!without.includes(file)),
    read: (file) => Deno.readFile(new URL(file, folder)),
  };
}
