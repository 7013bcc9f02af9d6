/** Reads the vectors that `embed` wrote, or another program. */

import { InputError } from "../../base/errors.ts";
import { without } from "../../base/json.ts";
import { quote } from "../../base/messages.ts";
import { shapeText } from "../../base/shape.ts";
import { Tensor } from "../../base/tensor.ts";
import { readNpy } from "../../io/npy/npy.ts";
import { openParser } from "../../io/records/formats.ts";
import { parseRecords } from "../../io/records/parse.ts";
import type { Fields } from "../../io/records/record.ts";
import { readSafetensors } from "../../io/safetensors/safetensors.ts";
import { cat } from "../../vectors/cat.ts";
import { UsageError } from "../options.ts";
import { isErrorRow } from "../outputs/files/rows/row_format.ts";

/** What a file of vectors holds. */
export interface VectorFile {
  /** `[N, H]`, float32. */
  readonly vectors: Tensor<"float32">;
  /**
   * The number of each text, from 0, where some have an error in place of the vector, as `embed --skip-bad` leaves them;
   * `null` if all have vectors.
   */
  readonly numbers: readonly number[] | null;
  /** How many texts there are. */
  readonly texts: number;
  /** What the file says about each; `null` if it has nothing but numbers. */
  readonly fields: readonly Fields[] | null;
  /** What the file says about all. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The formats of files of vectors, by the ends of their names. */
const READERS: Readonly<Record<string, (name: string) => Promise<VectorFile>>> = {
  npy: async (name) => withoutErrors(floatsOf(await readNpy(name), name)),
  safetensors: readTensors,
  jsonl: readLines,
};

/**
 * Reads a file of vectors.
 *
 * @throws {UsageError} If its name does not say what it holds.
 * @throws {InputError} If it does not hold vectors of one size, in 32-bit or 16-bit floats.
 */
export async function readVectors(name: string): Promise<VectorFile> {
  const end = Object.keys(READERS).find((end) => name.toLowerCase().endsWith(`.${end}`));
  if (end !== undefined) return await READERS[end]!(name);
  throw new UsageError(`--vectors must be a .${Object.keys(READERS).join(", .")} file, got "${name}"`);
}

/** Name of the tensor in a safetensors file. */
export const TENSOR_NAME = "embeddings";

async function readTensors(name: string): Promise<VectorFile> {
  const file = await readSafetensors(name);
  const tensor = file.get(TENSOR_NAME) ?? (file.size === 1 ? [...file.values()][0] : undefined);
  if (tensor === undefined) {
    const names = [...file.keys()].slice(0, 5).map(quote).join(", ") || "none";
    throw new InputError(
      `Cannot read ${quote(name)}: it must have a tensor "${TENSOR_NAME}", or one alone, got ${names}`,
    );
  }
  const { dtype, shape, data } = tensor;
  if (dtype !== "F32" && dtype !== "F16") throw notVectors(name, `${dtype} ${shapeText(shape)}`);
  const vectors = new Tensor(
    "float32",
    data instanceof Float32Array ? data : Float32Array.from(data as Float16Array),
    shape,
  );
  return { ...withoutErrors(floatsOf(vectors, name)), metadata: file.metadata };
}

/** A file that has nothing but numbers, a row for each text. */
function withoutErrors(vectors: Tensor<"float32">): VectorFile {
  return { vectors, numbers: null, texts: vectors.dims[0]!, fields: null, metadata: {} };
}

async function readLines(name: string): Promise<VectorFile> {
  let bytes: ReadableStream<Uint8Array>;
  try {
    bytes = (await Deno.open(name)).readable;
  } catch (cause) {
    throw new InputError(`Cannot read ${quote(name)}: ${(cause as Error).message}`, { cause });
  }
  const rows: Tensor<"float32">[] = [];
  const fields: Fields[] = [];
  const numbers: number[] = [];
  let texts = 0;
  for await (const part of parseRecords(bytes, { parser: openParser("jsonl") })) {
    for (const { fields: found, number } of part) {
      const place = `${name}:${number}`;
      if (found instanceof InputError) throw new InputError(`Cannot read ${place}: ${found.message}`);
      const index = texts++;
      if (isErrorRow(found)) continue;
      const { embedding } = found;
      const isVector = Array.isArray(embedding) && embedding.length > 0 &&
        embedding.every((x) => typeof x === "number");
      if (!isVector) throw new InputError(`Cannot read ${place}: it must have an "embedding", a list of numbers`);
      const width = rows[0]?.data.length ?? embedding.length;
      if (embedding.length !== width) {
        throw new InputError(
          `Cannot read ${place}: its embedding must have ${width} numbers, as the first, got ${embedding.length}`,
        );
      }
      rows.push(new Tensor("float32", embedding, [1, width]));
      fields.push(without(found, "embedding"));
      numbers.push(index);
    }
  }
  if (rows.length === 0) {
    const found = texts === 0 ? "is empty" : "has errors alone";
    throw new InputError(`Cannot read ${quote(name)}: it must hold a vector, and ${found}`);
  }
  return { vectors: cat(rows), numbers: rows.length === texts ? null : numbers, texts, fields, metadata: {} };
}

function floatsOf(tensor: Tensor, name: string): Tensor<"float32"> {
  if (tensor.type === "float32" && tensor.dims.length === 2) return tensor as Tensor<"float32">;
  throw notVectors(name, `${tensor.type} ${shapeText(tensor.dims)}`);
}

function notVectors(name: string, found: string): InputError {
  return new InputError(`Cannot search ${quote(name)}: it must hold vectors as float32 [N, H], got ${found}`);
}
