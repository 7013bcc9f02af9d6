/** Folders for tokenizer tests: of files in memory, and of a shipped model. */

import { MemoryFolder } from "../../src/io/folder/memory_folder.ts";
import type { ModelFolder } from "../../src/io/folder/model_folder.ts";

/** A folder of the given files. */
export function filesFolder(files: Record<string, string | Uint8Array<ArrayBuffer>>): ModelFolder {
  return new MemoryFolder(
    new Map(
      Object.entries(files).map((
        [name, data],
      ) => [name, typeof data === "string" ? new TextEncoder().encode(data) : data]),
    ),
  );
}

/** The folder of a shipped model, with the files in `without` hidden. */
export function shippedFolder(name: "mlm" | "topic", without: readonly string[] = []): ModelFolder {
  const folder = new URL(`../../examples/models/wordnet/${name}/`, import.meta.url);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((file) => !without.includes(file));
  return new MemoryFolder(new Map(files.map((file) => [file, Deno.readFileSync(new URL(file, folder))])));
}
