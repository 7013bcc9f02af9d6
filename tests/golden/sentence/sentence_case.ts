/**
 * What sentence-transformers makes of folders of every kind, by tools/sentence/golden.py; `versions` says which. The folders
 * share the files of `base/`, and the rankers those of `ranker/`.
 */

import type { FeatureExtractionOptions, Similarity } from "../../../mod.ts";
import { bytesOf, readPacked } from "../packed.ts";

const FOLDER = new URL("./", import.meta.url);

/** A file of a folder: its JSON, its bytes, or the file of that name in `base/` or `ranker/`. */
type StoredFile = { json: unknown } | { base64: string } | { of: string };

/** A folder, and what sentence-transformers computes after loading it. */
export interface SentenceCase {
  files: Record<string, StoredFile>;
  calls: { options: FeatureExtractionOptions; width: number; embeddings: string }[];
  prompts: Record<string, string>;
  default_prompt_name: string | null;
  similarity_fn_name: Similarity;
  /** Of the texts' embeddings to each other. */
  similarity: string;
}

/** A CrossEncoder, and what it gives for the query and each text. */
export interface RankerCase {
  files: Record<string, StoredFile>;
  scores: string;
}

interface Golden {
  texts: string[];
  query: string;
  folders: Record<string, SentenceCase>;
  rankers: Record<string, RankerCase>;
}

/** All of it. */
export const GOLDEN = readPacked<Golden>(new URL("folders.json.gz", FOLDER));

/** The files of a folder, as whatever loads a model takes them. */
export function filesOf(files: Record<string, StoredFile>): Map<string, Uint8Array> {
  return new Map(
    Object.entries(files).map(([name, file]) => {
      if ("json" in file) return [name, new TextEncoder().encode(JSON.stringify(file.json))];
      if ("base64" in file) return [name, bytesOf(file.base64)];
      return [name, Deno.readFileSync(new URL(`${file.of}/${name.split("/").at(-1)}`, FOLDER))];
    }),
  );
}
