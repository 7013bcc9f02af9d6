/** Reads safetensors files; `writer.ts` writes them. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { type FileBytes, MemoryBytes } from "../folder/file_bytes.ts";
import { withoutSecrets } from "../folder/location.ts";
import { findWholeFile } from "../folder/whole_file.ts";
import { type SafetensorsFile, SafetensorsTensor } from "./file.ts";
import { readHeader, scanHeader } from "./header.ts";
import { checkLayout } from "./layout.ts";

export { SafetensorsFile, SafetensorsTensor, type TensorView } from "./file.ts";
export {
  type NamedTensor,
  safetensorsHeader,
  safetensorsParts,
  safetensorsStream,
  writeSafetensors,
  type WriteSafetensorsOptions,
  type WrittenTensor,
} from "./writer.ts";

/**
 * Reads a safetensors file. Every claim of its header is checked; the values of the tensors are not.
 *
 * @param where The file's bytes (which the tensors will be views of), its path, or its URL.
 * @returns The tensors by name, each with `dtype`, `shape` and `data`, and the file's `metadata`.
 * @throws {CheckpointError} If there is no such file, or it is not valid; the message names the file, the tensor, what
 *   was expected and what was found.
 *
 * @example
 * ```ts
 * const bytes = await writeSafetensors([["a", { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) }]]);
 * const file = await readSafetensors(bytes);
 * file.get("a")?.data; // Float32Array [1, 2]
 * ```
 */
export async function readSafetensors(where: Uint8Array | string | URL): Promise<SafetensorsFile> {
  if (where instanceof Uint8Array) return parseSafetensors(where);
  return parseSafetensors(await readFile(where), withoutSecrets(`${where}`));
}

/**
 * Reads a safetensors file that is in memory.
 *
 * @param bytes The whole file. The tensors are views of it.
 * @param name What messages call it.
 * @throws {CheckpointError} As {@linkcode readSafetensors}.
 */
export function parseSafetensors(bytes: Uint8Array, name = "safetensors bytes"): SafetensorsFile {
  return openSafetensors(new MemoryBytes(bytes), name);
}

/**
 * Reads the header of a safetensors file. The bytes of its tensors are read when they are asked for.
 *
 * @param file What to read it from.
 * @param name What messages call it.
 * @throws {CheckpointError} As {@linkcode readSafetensors}.
 */
export function openSafetensors(file: FileBytes, name: string): SafetensorsFile {
  const { header, dataStart } = readHeader(file, name);
  const tensors = scanHeader(header, name, (entry) => new SafetensorsTensor(file, dataStart, entry));
  checkLayout(tensors, file.size - dataStart, name);
  return tensors;
}

async function readFile(where: string | URL): Promise<Uint8Array> {
  const bytes = await findWholeFile(where);
  if (bytes !== null) return bytes;
  throw new CheckpointError(`Cannot read ${quote(withoutSecrets(`${where}`))}: there is no such file`);
}
