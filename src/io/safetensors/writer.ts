/** Writing safetensors files, byte for byte as the reference implementation does. */

import { type Dtype, DTYPES, isDtype } from "../../base/dtype.ts";
import { quote } from "../../base/messages.ts";
import { shapeText } from "../../base/shape.ts";
import { concatenate } from "../folder/file_bytes.ts";
import { localFiles } from "../folder/on_disk.ts";
import type { TensorView } from "./file.ts";
import { LENGTH_BYTES, MAX_DIMENSIONS, MAX_HEADER_BYTES, METADATA_KEY } from "./header.ts";
import { bitCount } from "./layout.ts";

/** A tensor and its name. */
export type NamedTensor = readonly [name: string, tensor: TensorView];

/** Options of {@linkcode writeSafetensors}. */
export interface WriteSafetensorsOptions {
  /** The file to write, atomically. Without it, the bytes are returned. */
  path?: string | URL;
  /** Free text for the header. */
  metadata?: Record<string, string>;
}

const DTYPE_ORDER = Object.keys(DTYPES);

/**
 * Writes tensors to a safetensors file, or gives its bytes if there is no `path`. A file that was read can be passed as
 * it is.
 *
 * @param tensors Names and tensors; `data` is the typed array of the `dtype`, or its bytes in a `Uint8Array`.
 * @param options The file to write, and free text for the header.
 * @throws {TypeError} On a tensor that is not what it says, or a text that the format cannot hold.
 *
 * @example
 * ```ts
 * const bytes = await writeSafetensors([["a", { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) }]]);
 * ```
 */
export function writeSafetensors(
  tensors: Iterable<NamedTensor>,
  options: WriteSafetensorsOptions & { path: string | URL },
): Promise<void>;
/**
 * Makes the bytes of a safetensors file.
 *
 * @param tensors Names and tensors; `data` is the typed array of the `dtype`, or its bytes in a `Uint8Array`.
 * @param options Free text for the header.
 * @throws {TypeError} On a tensor that is not what it says, or a text that the format cannot hold.
 */
export function writeSafetensors(
  tensors: Iterable<NamedTensor>,
  options?: WriteSafetensorsOptions & { path?: undefined },
): Promise<Uint8Array>;
export async function writeSafetensors(
  tensors: Iterable<NamedTensor>,
  { path, metadata = {} }: WriteSafetensorsOptions = {},
): Promise<Uint8Array | void> {
  const parts = safetensorsParts(tensors, metadata);
  if (path === undefined) return concatenate(parts);
  const { writeAtomically } = await localFiles(`write ${quote(`${path}`)}`, "leave it out for the bytes");
  await writeAtomically(path, parts);
}

/** The bytes of a safetensors file in parts, of which those of the tensors are views. @throws As {@linkcode writeSafetensors}. */
export function safetensorsParts(tensors: Iterable<NamedTensor>, metadata: Record<string, string> = {}): Uint8Array[] {
  checkMetadata(metadata);
  const sorted = sortTensors(checkTensors(tensors));
  return [encodeHeader(sorted, metadata), ...sorted.map(([, { data }]) => bytesOf(data))];
}

/** A tensor whose elements are made when they are written. */
export interface WrittenTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its bytes, part by part. */
  parts(): Iterable<Uint8Array>;
}

/**
 * The bytes of a safetensors file, of which no more than a part is in memory.
 *
 * @param tensors By name; their names, dtypes and shapes are what the format takes.
 */
export function* safetensorsStream(
  tensors: ReadonlyMap<string, WrittenTensor>,
  metadata: Record<string, string> = {},
): Generator<Uint8Array, void> {
  checkMetadata(metadata);
  const sorted = sortTensors(tensors);
  yield encodeHeader(sorted, metadata);
  for (const [, tensor] of sorted) yield* tensor.parts();
}

function checkMetadata(metadata: Record<string, string>): void {
  for (const text of Object.entries(metadata).flat()) {
    if (typeof text !== "string" || !text.isWellFormed()) {
      throw new TypeError(
        `Cannot write metadata: keys and values must be well-formed strings, got ${quote(`${text}`)}`,
      );
    }
  }
}

function checkTensors(tensors: Iterable<NamedTensor>): Map<string, TensorView> {
  if (typeof tensors?.[Symbol.iterator] !== "function") {
    throw new TypeError("Cannot write tensors: they must be a Map, or a list of [name, { dtype, shape, data }]");
  }
  const checked = new Map<string, TensorView>();
  for (const [name, tensor] of tensors) {
    const problem = checked.has(name) ? "there are two of this name" : nameProblem(name) ?? tensorProblem(tensor);
    if (problem !== undefined) throw new TypeError(`Cannot write tensor ${quote(name)}: ${problem}`);
    checked.set(name, tensor);
  }
  return checked;
}

function nameProblem(name: string): string | undefined {
  if (name === METADATA_KEY) return "the format keeps this name for its metadata";
  if (!name.isWellFormed()) return "the name must be well-formed Unicode, but has a lone surrogate";
  return undefined;
}

function tensorProblem({ dtype, shape, data }: TensorView): string | undefined {
  if (!isDtype(dtype)) return `dtype must be one of ${DTYPE_ORDER.join(", ")}, got ${quote(`${dtype}`)}`;
  const dims = shapeText(shape);
  if (shape.length > MAX_DIMENSIONS || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    return `shape must be at most ${MAX_DIMENSIONS} whole numbers from 0, got ${dims}`;
  }
  const { array } = DTYPES[dtype];
  if (!(data instanceof array || data instanceof Uint8Array)) {
    return `data of ${dtype} must be a ${array.name}, or its bytes in a Uint8Array, got ${data.constructor.name}`;
  }
  const bytes = bitCount({ dtype, shape }) / 8;
  if (data.byteLength !== bytes) return `${dtype} of shape ${dims} must have ${bytes} bytes, got ${data.byteLength}`;
  return undefined;
}

/** Widest elements first, which aligns all of them, then by the bytes of the name. */
function sortTensors<T extends { dtype: Dtype }>(tensors: ReadonlyMap<string, T>): [string, T][] {
  return [...tensors].sort(([a, { dtype: s }], [b, { dtype: t }]) =>
    DTYPE_ORDER.indexOf(t) - DTYPE_ORDER.indexOf(s) || compareCodePoints(a, b)
  );
}

/** Orders texts as their UTF-8 bytes are ordered, which is that of code points. JavaScript's own order is by UTF-16. */
function compareCodePoints(a: string, b: string): number {
  for (let at = 0;; at++) {
    const [x, y] = [a.codePointAt(at) ?? -1, b.codePointAt(at) ?? -1];
    if (x !== y) return x - y;
    if (x < 0) return 0;
  }
}

/** Rows whose number has the most digits that a header has room for. */
const MOST_ROWS = 999_999_999;

/**
 * The header of a file of one matrix that is written row by row: of one length for all numbers of rows, so that it can be
 * written anew when they are counted.
 */
export function safetensorsHeader(
  name: string,
  { dtype, rows, columns }: { dtype: Dtype; rows: number; columns: number },
  metadata: Record<string, string> = {},
): Uint8Array {
  checkMetadata(metadata);
  const header = (rows: number, room?: number) =>
    encodeHeader([[name, { dtype, shape: [rows, columns] }]], metadata, room);
  return header(rows, header(MOST_ROWS).length - LENGTH_BYTES);
}

/**
 * The header with its length, padded by spaces so that the tensors begin at a multiple of 8 bytes.
 *
 * @param room Bytes that it takes at least, a multiple of 8.
 */
function encodeHeader(
  tensors: readonly (readonly [name: string, Pick<WrittenTensor, "dtype" | "shape">])[],
  metadata: Record<string, string>,
  room = 0,
): Uint8Array {
  const entries = Object.keys(metadata).length === 0 ? [] : [`"${METADATA_KEY}":${JSON.stringify(metadata)}`];
  let position = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = position + bitCount({ dtype, shape }) / 8;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [position, end] })}`);
    position = end;
  }
  const text = new TextEncoder().encode(`{${entries.join(",")}}`);
  const length = Math.max(room, Math.ceil(text.byteLength / LENGTH_BYTES) * LENGTH_BYTES);
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write a safetensors header: it must have at most ${MAX_HEADER_BYTES} bytes, got ${length}`,
    );
  }
  const header = new Uint8Array(LENGTH_BYTES + length).fill(" ".charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, LENGTH_BYTES);
  return header;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
