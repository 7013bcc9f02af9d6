/** Arrays of numpy: `.npy` files. */

import { InputError } from "../../base/errors.ts";
import { kindOf, quote } from "../../base/messages.ts";
import { elementCount, shapeText } from "../../base/shape.ts";
import { Tensor, TENSOR_ARRAYS, type TensorData, type TensorType } from "../../base/tensor.ts";
import { concatenate } from "../folder/file_bytes.ts";
import { withoutSecrets } from "../folder/location.ts";
import { localFiles } from "../folder/on_disk.ts";
import { findWholeFile } from "../folder/whole_file.ts";
import { DESCRIPTIONS, npyHeader, readNpyHeader } from "./header.ts";

/** Options of {@linkcode writeNpy}. */
export interface WriteNpyOptions {
  /** The file to write, atomically. Without it, the bytes are returned. */
  path?: string | URL;
}

/** The element types that a file may have, by numpy's names. */
const TYPES = new Map(Object.entries(DESCRIPTIONS).map(([type, description]) => [description, type as TensorType]));

/**
 * Reads an array that numpy saved: a `.npy` file. 16-bit floats are given as `float32`, which holds each of them.
 *
 * @param where The file's bytes, its path, or its URL.
 * @throws {InputError} If there is no such file, or it is no array of numbers in rows; the message says what it has.
 *
 * @example
 * ```ts
 * import { readNpy, Tensor, writeNpy } from "@narrowbert/webgpu";
 *
 * const bytes = await writeNpy(new Tensor("float32", [1, 2, 3, 4, 5, 6], [2, 3]));
 * console.log((await readNpy(bytes)).dims); // [2, 3]
 * ```
 */
export async function readNpy(where: Uint8Array | string | URL): Promise<Tensor> {
  if (where instanceof Uint8Array) return parseNpy(where, "npy bytes");
  const name = withoutSecrets(`${where}`);
  const bytes = await findWholeFile(where);
  if (bytes === null) throw new InputError(`Cannot read ${quote(name)}: there is no such file`);
  return parseNpy(bytes, name);
}

function parseNpy(bytes: Uint8Array, name: string): Tensor {
  const { description, shape, start } = readNpyHeader(bytes, name);
  const type = description === "<f2" ? "float32" : TYPES.get(description);
  if (type === undefined) {
    throw new InputError(
      `Cannot read ${quote(name)}: its elements must be of one of the types <f2, ${
        [...TYPES.keys()].join(", ")
      }, got ` +
        `${description.slice(0, 40)}`,
    );
  }
  const Array_ = description === "<f2" ? Float16Array : TENSOR_ARRAYS[type];
  const count = elementCount(shape);
  const expected = count * Array_.BYTES_PER_ELEMENT;
  const held = bytes.byteLength - start;
  if (held !== expected) {
    throw new InputError(
      `Cannot read ${quote(name)}: ${description} ${shapeText(shape)} must have ${expected} bytes, got ${held}`,
    );
  }
  // Copied, as the elements may begin anywhere.
  const elements = new Array_(bytes.slice(start).buffer as ArrayBuffer);
  const data = elements instanceof Float16Array ? Float32Array.from(elements) : elements;
  return new Tensor(type, data as TensorData, shape);
}

/**
 * Writes a tensor as a `.npy` file of numpy, or gives its bytes if there is no `path`.
 *
 * @param tensor Any tensor.
 * @param options The file to write.
 * @throws {PermissionError} If the file may not be written.
 *
 * @example
 * ```ts
 * import { Tensor, writeNpy } from "@narrowbert/webgpu";
 *
 * const bytes = await writeNpy(new Tensor("int8", [1, -2], [1, 2]));
 * console.log(bytes.length); // 130
 * ```
 */
export function writeNpy(tensor: Tensor, options: WriteNpyOptions & { path: string | URL }): Promise<void>;
/**
 * Makes the bytes of a `.npy` file.
 *
 * @param tensor Any tensor.
 * @param options None.
 */
export function writeNpy(tensor: Tensor, options?: WriteNpyOptions & { path?: undefined }): Promise<Uint8Array>;
export async function writeNpy(tensor: Tensor, { path }: WriteNpyOptions = {}): Promise<Uint8Array | void> {
  if (!(tensor instanceof Tensor)) {
    throw new TypeError(`Cannot write an array: it must be a Tensor, got ${kindOf(tensor)}`);
  }
  const { type, dims, data } = tensor;
  const parts = [npyHeader(type, dims), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  if (path === undefined) return concatenate(parts);
  const { writeAtomically } = await localFiles(`write ${quote(`${path}`)}`, "leave it out for the bytes");
  await writeAtomically(path, parts);
}
