/**
 * The header of a safetensors file: 8 bytes with its length, then a JSON object that says for each tensor its dtype,
 * its shape and which of the remaining bytes are its own. Files are not trusted: this parses the header, and `layout.ts`
 * checks it against the file.
 */

import { type Dtype, DTYPES, isDtype } from "../../base/dtype.ts";
import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { JsonScanner } from "./json_scanner.ts";
import { SafetensorsFile, type SafetensorsTensor, type TensorEntry } from "./file.ts";

/** The bytes before the header that hold its length. */
export const LENGTH_BYTES = 8;

/** The key of the free text that a writer may add; no tensor can have this name. */
export const METADATA_KEY = "__metadata__";

/** A header may have this many bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * A tensor may have this many dimensions, as in NumPy and PyTorch. Without a bound, a shape of a million ones would cost
 * many times its text in memory.
 */
export const MAX_DIMENSIONS = 64;

/** The beginning of a Git LFS pointer, the text that stands in for a large file that was not pulled. */
const GIT_LFS = "version https://git-lfs";

/** Reads a file's header, as text, and the position of the tensor bytes after it. */
export function readHeader(file: FileBytes, name: string): { header: string; dataStart: number } {
  const left = file.size - LENGTH_BYTES;
  if (left < 0) {
    throw new CheckpointError(
      `Cannot read ${quote(name)}: a safetensors file has at least ${LENGTH_BYTES} bytes, got ${file.size}`,
    );
  }
  const start = file.read(0, Math.min(file.size, GIT_LFS.length));
  if (new TextDecoder().decode(start) === GIT_LFS) {
    throw new CheckpointError(
      `Cannot read ${quote(name)}: it is a Git LFS pointer, not the file; run \`git lfs pull\``,
    );
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new CheckpointError(
      `Cannot read ${quote(name)}: the header must have at most ${MAX_HEADER_BYTES} bytes, got ${length}: ` +
        "this is no safetensors file",
    );
  }
  if (length > left) {
    throw new CheckpointError(
      `Cannot read ${quote(name)}: the header must have ${length} bytes, got ${left}: the file was cut short, ` +
        "or is no safetensors file",
    );
  }
  const dataStart = LENGTH_BYTES + Number(length);
  const bytes = file.read(LENGTH_BYTES, dataStart);
  try {
    return { header: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), dataStart };
  } catch (cause) {
    throw new CheckpointError(`Cannot read the header of ${quote(name)}: it must be UTF-8, and is not`, { cause });
  }
}

/**
 * Reads the text of a header.
 *
 * @param makeTensor Makes a tensor of its entry, which is not checked yet.
 */
export function scanHeader(
  header: string,
  name: string,
  makeTensor: (entry: TensorEntry) => SafetensorsTensor,
): SafetensorsFile {
  const json = new JsonScanner(header);
  const file = new SafetensorsFile();
  let metadata: Map<string, string> | undefined;
  let part = "the header";
  try {
    json.object((key) => {
      if (key === METADATA_KEY) {
        part = quote(key);
        if (metadata !== undefined) throw new SyntaxError("the key appears twice");
        metadata = scanMetadata(json);
      } else {
        part = `tensor ${quote(key)}`;
        if (file.has(key)) throw new SyntaxError("the name appears twice");
        file.set(key, makeTensor(scanEntry(json)));
      }
      part = "the header";
    });
    json.end();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CheckpointError(`Cannot read ${part} of ${quote(name)}: ${error.message}`, { cause: error });
  }
  file.metadata = Object.fromEntries(metadata ?? []);
  return file;
}

function scanMetadata(json: JsonScanner): Map<string, string> {
  const metadata = new Map<string, string>();
  json.object((key) => {
    if (metadata.has(key)) throw new SyntaxError(`the key ${quote(key)} appears twice`);
    metadata.set(key, json.string());
  });
  return metadata;
}

/**
 * Reads `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`, keys in any order. Other keys are refused, as in
 * the format's JSON schema: an unknown key could change what the bytes mean.
 */
function scanEntry(json: JsonScanner): TensorEntry {
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object((field) => {
    if (field === "dtype" && dtype === undefined) dtype = scanDtype(json);
    else if (field === "shape" && shape === undefined) shape = json.unsignedArray(MAX_DIMENSIONS);
    else if (field === "data_offsets" && offsets === undefined) offsets = json.unsignedArray(2);
    else throw new SyntaxError(`expected dtype, shape and data_offsets, each once, got ${quote(field)}`);
  });
  if (dtype === undefined) throw new SyntaxError("dtype is missing");
  if (shape === undefined) throw new SyntaxError("shape is missing");
  if (offsets === undefined) throw new SyntaxError("data_offsets is missing");
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined) {
    throw new SyntaxError(`data_offsets must be two numbers, got ${offsets.length}`);
  }
  return { dtype, shape, begin, end };
}

function scanDtype(json: JsonScanner): Dtype {
  const dtype = json.string();
  if (isDtype(dtype)) return dtype;
  throw new SyntaxError(`dtype must be one of ${Object.keys(DTYPES).join(", ")}, got ${quote(dtype)}`);
}
