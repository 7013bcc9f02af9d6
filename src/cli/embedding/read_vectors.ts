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

/** What a file of vectors holds. */
export interface VectorFile {
  /** `[N, H]`, float32. */
  readonly vectors: Tensor<"float32">;
  /** Rows of the file; some may have no vector. */
  readonly rows: number;
  /** Which row each vector is of. */
  readonly numbers: readonly number[];
  /** What the file says about each; `null` if it has nothing but numbers. */
  readonly fields: readonly Fields[] | null;
  /** What the file says about all. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The formats of files of vectors, by the ends of their names. */
const READERS: Readonly<Record<string, (name: string) => Promise<VectorFile>>> = {
  npy: async (name) => ({ ...allRows(floatsOf(await readNpy(name), name)), fields: null, metadata: {} }),
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
  if (end !== undefined) {
    const file = await READERS[end]!(name);
    checkNumbers(file, name);
    return file;
  }
  throw new UsageError(`--vectors must be a .${Object.keys(READERS).join(", .")} file, got "${name}"`);
}

/** @throws {InputError} If there is no vector, or one has a number that is not finite. */
function checkNumbers({ vectors: { data, dims }, numbers }: VectorFile, name: string): void {
  if (numbers.length === 0) throw new InputError(`Cannot read ${quote(name)}: it must hold a vector, and has none`);
  const wrong = data.findIndex((x) => !Number.isFinite(x));
  if (wrong < 0) return;
  const row = numbers[Math.floor(wrong / (dims[1] as number))]! + 1;
  throw new InputError(`Cannot read ${quote(name)}: vector ${row} must hold finite numbers, got ${data[wrong]}`);
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
  if (!["F32", "F16", "F64"].includes(dtype)) throw notVectors(name, `${dtype} ${shapeText(shape)}`);
  const vectors = new Tensor(
    "float32",
    data instanceof Float32Array ? data : Float32Array.from(data as Float16Array | Float64Array),
    shape,
  );
  return { ...allRows(floatsOf(vectors, name)), fields: null, metadata: file.metadata };
}

async function readLines(name: string): Promise<VectorFile> {
  let bytes: ReadableStream<Uint8Array>;
  try {
    bytes = (await Deno.open(name)).readable;
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound;
    const problem = isMissing ? "there is no such file" : (cause as Error).message;
    throw new InputError(`Cannot read ${quote(name)}: ${problem}`, { cause });
  }
  const rows: Tensor<"float32">[] = [];
  const fields: Fields[] = [];
  const numbers: number[] = [];
  for await (const part of parseRecords(bytes, { parser: openParser("jsonl") })) {
    for (const { fields: found, number } of part) {
      const place = `${name}:${number}`;
      if (found instanceof InputError) throw new InputError(`Cannot read ${place}: ${found.message}`);
      const { embedding } = found;
      fields.push(without(found, "embedding"));
      if (embedding === undefined && typeof found.error === "string") continue; // left out by --skip-bad
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
      numbers.push(fields.length - 1);
    }
  }
  if (rows.length === 0) {
    const found = fields.length === 0 ? "is empty" : "has errors alone";
    throw new InputError(`Cannot read ${quote(name)}: it must hold a vector, and ${found}`);
  }
  return { vectors: cat(rows), rows: fields.length, numbers, fields, metadata: {} };
}

/** Vectors of all rows. */
function allRows(vectors: Tensor<"float32">): Pick<VectorFile, "vectors" | "rows" | "numbers"> {
  const rows = vectors.dims[0] as number;
  return { vectors, rows, numbers: Array.from({ length: rows }, (_, i) => i) };
}

function floatsOf(tensor: Tensor, name: string): Tensor<"float32"> {
  if (tensor.dims.length === 2) {
    if (tensor.type === "float32") return tensor as Tensor<"float32">;
    if (tensor.type === "float64") {
      return new Tensor("float32", Float32Array.from(tensor.data as Float64Array), tensor.dims);
    }
  }
  throw notVectors(name, `${tensor.type} ${shapeText(tensor.dims)}`);
}

function notVectors(name: string, found: string): InputError {
  return new InputError(
    `Cannot search ${quote(name)}: it must hold vectors [N, H] of 16, 32 or 64-bit floats, got ${found}`,
  );
}
