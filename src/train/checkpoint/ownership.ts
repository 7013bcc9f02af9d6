/** Tells our checkpoints, whole or damaged, from folders of others that have such a name. */

import { concatenate } from "../../io/folder/file_bytes.ts";
import { pathIn } from "../../io/folder/path.ts";
import type { FileSystem } from "../../io/local/file_system.ts";
import { MANIFEST, OPTIMIZER_FILE, type Place, RECORD_FILE } from "./layout.ts";
import { parseManifest } from "./manifest.ts";
import { isNoFile } from "./system_errors.ts";

/** Whether a checkpoint is ours, so that it may be removed: Hugging Face's trainer gives its folders the same names. */
export async function isOurs(system: FileSystem, { path }: Place): Promise<boolean> {
  const manifest = await readManifest(system, path);
  if (manifest !== null && isManifest(manifest)) return true;
  let names: string[];
  try {
    names = await system.list(path);
  } catch (error) {
    if (isNoFile(error)) return false; // A file has its name.
    throw error;
  }
  const marks = [RECORD_FILE, OPTIMIZER_FILE].filter((name) => names.includes(name)).length;
  return marks + Number(manifest !== null) >= 2; // Any one of the names may be another program's.
}

/** The bytes of a checkpoint's manifest; null if there is none. */
export async function readManifest(system: FileSystem, path: string): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of system.read(pathIn(path, MANIFEST))) parts.push(part);
  } catch (error) {
    if (isNoFile(error)) return null;
    throw error;
  }
  return concatenate(parts);
}

function isManifest(bytes: Uint8Array): boolean {
  try {
    parseManifest(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
