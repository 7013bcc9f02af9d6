/** Vectors of one size, as the rows of a matrix. */

import { InputError } from "../base/errors.ts";
import { kindOf } from "../base/messages.ts";
import { shapeText } from "../base/shape.ts";
import { Tensor } from "../base/tensor.ts";

/**
 * Vectors of H numbers each: a float32 tensor `[N, H]`, or a list with one vector an element, each a float32 tensor
 * `[1, H]` or `[H]`, as pipelines give them, or an array of numbers. A tensor `[H]`, or an array of numbers, is one vector.
 */
export type Vectors = Tensor | ArrayLike<number> | readonly (Tensor | ArrayLike<number>)[];

/** Vectors, row by row. */
export interface Matrix {
  /** `[rows, columns]`; it may be the caller's own array. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Vectors as a matrix. A tensor is not copied.
 *
 * @param what What messages call them: `queries`.
 * @throws {TypeError} If they are no vectors, or of several sizes.
 */
export function matrixOf(vectors: Vectors, what: string): Matrix {
  if (vectors instanceof Tensor) {
    const { data, dims } = floats(vectors, what);
    if (dims.length !== 1 && dims.length !== 2) throw wrong(what, `float32 ${shapeText(dims)}`);
    const columns = dims.at(-1) as number;
    return { data, rows: dims.length === 1 ? 1 : dims[0] as number, columns };
  }
  if (isNumbers(vectors)) return { data: Float32Array.from(vectors), rows: 1, columns: vectors.length };
  if (!Array.isArray(vectors)) throw wrong(what, kindOf(vectors));
  const rows = Array.from(vectors, (vector, i) => rowOf(vector, `${what}[${i}]`)); // holes too
  const columns = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns) {
      throw new TypeError(
        `Cannot compare vectors: ${what} must be of one size, got ${columns} numbers in the first and ${row.length} in ` +
          `${what}[${i}]`,
      );
    }
    data.set(row, i * columns);
  }
  return { data, rows: rows.length, columns };
}

function rowOf(vector: Tensor | ArrayLike<number>, name: string): ArrayLike<number> {
  if (vector instanceof Tensor) {
    const { data, dims } = floats(vector, name);
    if (dims.length === 1 || (dims.length === 2 && dims[0] === 1)) return data;
    throw wrong(name, `float32 ${shapeText(dims)}`, ONE);
  }
  if (isNumbers(vector) || isEmptyList(vector)) return vector;
  throw wrong(name, kindOf(vector), ONE);
}

function isEmptyList(list: unknown): list is [] {
  return Array.isArray(list) && list.length === 0;
}

/** Whether this is one vector, of a number at least. */
function isNumbers(vector: unknown): vector is ArrayLike<number> {
  if (vector instanceof Float32Array || vector instanceof Float64Array) return true;
  return Array.isArray(vector) && vector.length > 0 && vector.every((x) => typeof x === "number");
}

function floats(tensor: Tensor, name: string): Tensor<"float32"> {
  if (tensor.type === "float32") return tensor as Tensor<"float32">;
  throw wrong(name, `${tensor.type} ${shapeText(tensor.dims)}`);
}

const ALL = "a float32 Tensor [N, H], or a list of vectors";
const ONE = "a float32 Tensor [1, H], or numbers";

function wrong(name: string, found: string, expected = ALL): TypeError {
  return new TypeError(`Cannot compare vectors: ${name} must be ${expected}, got ${found}`);
}

/** @throws {TypeError} If two matrices are of vectors of several sizes; one without rows fits any. */
export function checkWidths(a: Matrix, b: Matrix, [first, second]: readonly [string, string]): void {
  if (a.rows === 0 || b.rows === 0 || a.columns === b.columns) return;
  throw new TypeError(
    `Cannot compare vectors: ${first} must have as many numbers as ${second}, got ${a.columns} and ${b.columns}; they ` +
      "are of different models, or of other dimensions",
  );
}

/**
 * The Euclidean length of a row.
 *
 * @param what What messages call the vectors.
 * @throws {InputError} If it has a number that is not finite.
 */
export function lengthOf({ data, columns }: Matrix, row: number, what: string): number {
  let sum = 0;
  for (let i = row * columns; i < (row + 1) * columns; i++) sum += (data[i] as number) ** 2;
  if (Number.isFinite(sum)) return Math.sqrt(sum);
  const wrong = data.subarray(row * columns, (row + 1) * columns).find((x) => !Number.isFinite(x));
  throw new InputError(`Cannot compare vectors: ${what}[${row}] must hold finite numbers, got ${wrong}`);
}
