/** Finds the weights of a folder: one file, or several with an index. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { pathIn } from "../folder/path.ts";
import { type ModelFolder, openFile } from "../folder/model_folder.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import { Checkpoint } from "./checkpoint.ts";
import { parseShardIndex } from "./shard_index.ts";
import type { StoredTensor } from "./stored_tensor.ts";

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/** The files that weights may be in, the preferred one first. */
export const WEIGHT_NAMES: readonly string[] = [SINGLE_FILE, INDEX_FILE];

/**
 * Opens the weights of a folder: `model.safetensors`, or the files that `model.safetensors.index.json` lists.
 *
 * @throws {CheckpointError} If there are none, or a file is not valid.
 */
export async function openCheckpoint(folder: ModelFolder): Promise<Checkpoint> {
  const { location } = folder;
  const single = await folder.find(SINGLE_FILE);
  if (single !== null) return new Checkpoint(location, openSafetensors(single, pathIn(location, SINGLE_FILE)));
  const index = await folder.find(INDEX_FILE);
  if (index !== null) return new Checkpoint(location, await openShards(folder, index.read(0, index.size)));
  throw new CheckpointError(
    `Cannot load weights from ${quote(location)}: ${SINGLE_FILE} or ${INDEX_FILE} is needed, found neither; ` +
      `a pytorch_model.bin is not read: save the model as safetensors${folder.absence ?? ""}`,
  );
}

async function openShards(folder: ModelFolder, index: Uint8Array): Promise<Map<string, StoredTensor>> {
  const fileOf = parseShardIndex(index, pathIn(folder.location, INDEX_FILE));
  const tensors = new Map<string, StoredTensor>();
  folder.prepare?.([...new Set(fileOf.values())].map((file) => [file]));
  for (const file of new Set(fileOf.values())) {
    const path = pathIn(folder.location, file);
    const shard: ReadonlyMap<string, StoredTensor> = openSafetensors(await openFile(folder, file), path);
    const fail = (problem: string) => {
      throw new CheckpointError(`Cannot read ${quote(path)}: ${problem}`);
    };
    for (const [name, tensor] of shard) {
      if (tensors.has(name)) fail(`tensor ${quote(name)} must be in one file, and is in another one too`);
      tensors.set(name, tensor);
    }
    const missing = [...fileOf].filter(([name, listed]) => listed === file && !shard.has(name));
    if (missing.length > 0) {
      fail(`${INDEX_FILE} lists tensors that are not in it: ${missing.map(([name]) => quote(name)).join(", ")}`);
    }
  }
  return tensors;
}
