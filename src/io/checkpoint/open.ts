/** Finds the weights of a folder: one file, or several with an index, of safetensors or of PyTorch. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { type ModelFolder, openFile } from "../folder/model_folder.ts";
import { pathIn } from "../folder/path.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import { openTorchCheckpoint } from "../torch/torch.ts";
import { Checkpoint } from "./checkpoint.ts";
import { parseShardIndex } from "./shard_index.ts";
import type { StoredTensor } from "./stored_tensor.ts";

type Tensors = ReadonlyMap<string, StoredTensor>;

/** A kind of files that hold weights. */
export interface WeightFiles {
  /** The file that holds all weights. */
  readonly single: string;
  /** The file that says in which files they are, if they are in several. */
  readonly index: string;
  /** Opens a file of this kind. @throws {CheckpointError} If it is not valid. */
  open(file: FileBytes, name: string): Tensors | Promise<Tensors>;
}

/** The kinds of files, in the order in which a folder is asked for them. */
export const WEIGHT_FILES: readonly WeightFiles[] = [
  { single: "model.safetensors", index: "model.safetensors.index.json", open: openSafetensors },
  { single: "pytorch_model.bin", index: "pytorch_model.bin.index.json", open: openTorchCheckpoint },
];

/** The files that weights may be in, the preferred one first. */
export const WEIGHT_NAMES: readonly string[] = WEIGHT_FILES.flatMap(({ single, index }) => [single, index]);

/**
 * Opens the weights of a folder: `model.safetensors`, or the files that `model.safetensors.index.json` lists, or else
 * `pytorch_model.bin`, or the files that `pytorch_model.bin.index.json` lists.
 *
 * @throws {CheckpointError} If there are none, or a file is not valid.
 */
export async function openCheckpoint(folder: ModelFolder): Promise<Checkpoint> {
  const { location } = folder;
  for (const kind of WEIGHT_FILES) {
    const single = await folder.find(kind.single);
    if (single !== null) {
      return new Checkpoint(location, await kind.open(single, pathIn(location, kind.single)), [kind.single]);
    }
    const index = await folder.find(kind.index);
    if (index !== null) return await openShards(folder.confined(), kind, index.read(0, index.size));
  }
  const names = WEIGHT_FILES.map(({ single, index }) => `${single} or ${index}`).join(", or ");
  throw new CheckpointError(
    `Cannot load weights from ${quote(location)}: ${names} is needed, found none of them${folder.absence ?? ""}`,
  );
}

async function openShards(folder: ModelFolder, kind: WeightFiles, index: Uint8Array): Promise<Checkpoint> {
  const fileOf = parseShardIndex(index, pathIn(folder.location, kind.index));
  const files = [...new Set(fileOf.values())];
  const tensors = new Map<string, StoredTensor>();
  folder.prepare?.(files.map((file) => [file]));
  for (const file of files) {
    const path = pathIn(folder.location, file);
    const shard = await kind.open(await openFile(folder, file), path);
    const fail = (problem: string) => {
      throw new CheckpointError(`Cannot read ${quote(path)}: ${problem}`);
    };
    for (const [name, tensor] of shard) {
      if (tensors.has(name)) fail(`tensor ${quote(name)} must be in one file, and is in another one too`);
      tensors.set(name, tensor);
    }
    const missing = [...fileOf].filter(([name, listed]) => listed === file && !shard.has(name));
    if (missing.length > 0) {
      fail(`${kind.index} lists tensors that are not in it: ${missing.map(([name]) => quote(name)).join(", ")}`);
    }
  }
  return new Checkpoint(folder.location, tensors, files);
}
