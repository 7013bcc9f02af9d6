/** A repository of a test hub with the model that is shipped, as the Hub would have it. */

import { COMMIT } from "./hub_folders.ts";
import type { TestRepository } from "./test_hub.ts";

const MODEL = new URL("../../../examples/models/wordnet/mlm/", import.meta.url);

/** The files of the shipped model, and one that no load needs. */
export async function shippedRepository(): Promise<TestRepository> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, isFile } of Deno.readDir(MODEL)) {
    if (isFile) files.set(name, await Deno.readFile(new URL(name, MODEL)));
  }
  return { commit: COMMIT, files: files.set("pytorch_model.bin", new Uint8Array(5000)) };
}
