/** Reads the checkpoints that PyTorch writes by `torch.save`, without executing anything. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { type FileBytes, MemoryBytes } from "../folder/file_bytes.ts";
import { readBody, requestFile } from "../folder/http_file.ts";
import { parseLocation, withoutSecrets } from "../folder/location.ts";
import { localFiles } from "../folder/on_disk.ts";
import { openArchive } from "./archive.ts";
import { unpickle } from "./pickle/unpickle.ts";
import { Rebuilder } from "./rebuild.ts";
import { Refusal } from "./refusal.ts";
import { findTensors } from "./state_dict.ts";
import { TorchTensor } from "./tensor.ts";
import { TensorLimits } from "./tensor_claim.ts";

export { TorchTensor } from "./tensor.ts";

/**
 * Reads a PyTorch checkpoint, such as a `pytorch_model.bin`: the zip file that `torch.save` has written since 1.6 of a
 * model's `state_dict()`, alone or as one value of a dict.
 *
 * Such a file holds a pickle, a program for Python. Here it is only read: the few names and calls that make tensors are
 * known, and a file with any other is refused whole. Checksums are verified, values are not.
 *
 * @param where The file's bytes (which the tensors will be views of), its path, or its URL. A file at a path must stay as
 *   it is: the elements of a tensor are read when `data` is asked for.
 * @returns The tensors by name, each with `dtype`, `shape` and `data`, whose bits are those of the file; row-major, also
 *   if PyTorch stored a transposed or expanded view.
 * @throws {CheckpointError} If there is no such file, or it is refused; `reason` is the kind of fault, and the message
 *   names the file, what was expected and what was found.
 *
 * @example
 * ```ts ignore
 * const tensors = await readTorchCheckpoint("models/bert/pytorch_model.bin");
 * await Deno.writeFile("models/bert/model.safetensors", await writeSafetensors(tensors));
 * ```
 */
export async function readTorchCheckpoint(where: Uint8Array | string | URL): Promise<Map<string, TorchTensor>> {
  if (where instanceof Uint8Array) return await openTorchCheckpoint(new MemoryBytes(where), "PyTorch bytes");
  return await openTorchCheckpoint(await openFile(where), withoutSecrets(`${where}`));
}

/**
 * Reads what a PyTorch checkpoint says of its tensors, and the whole file once for its checksums, in bounded memory. The
 * bytes of the tensors are read again when they are asked for.
 *
 * @param file What to read it from.
 * @param name What messages call it.
 * @throws {CheckpointError} As {@linkcode readTorchCheckpoint}.
 */
export async function openTorchCheckpoint(file: FileBytes, name: string): Promise<Map<string, TorchTensor>> {
  try {
    const archive = await openArchive(file);
    const root = unpickle(archive.pickle, new Rebuilder(archive, new TensorLimits(file.size)));
    const layouts = findTensors(root, new TensorLimits(file.size));
    return new Map([...layouts].map(([tensor, layout]) => [tensor, new TorchTensor(file, layout)]));
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    throw new CheckpointError(`Cannot read ${quote(name)}: ${cause.message}`, { cause, reason: cause.reason });
  }
}

async function openFile(where: string | URL): Promise<FileBytes> {
  const location = parseLocation(where);
  if ("local" in location) {
    const { openLocalFile } = await localFiles(`read ${quote(`${where}`)}`, "give a URL");
    const file = openLocalFile(location.local);
    if (file !== null) return file;
  } else {
    const response = await requestFile(location.url);
    if (response !== undefined) return new MemoryBytes(await readBody(response));
  }
  throw new CheckpointError(`Cannot read ${quote(withoutSecrets(`${where}`))}: there is no such file`);
}
