/** A program whose gradients are compared with central differences, and what its float64 side is made of. */

import type { Graph } from "../../src/graph/graph.ts";
import type { Dim } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { layerNorm as layerNormTwin } from "../reference/layer_norm.ts";
import type { Matrix } from "./buffers.ts";

/** Operands by name. */
export type Matrices = Record<string, Matrix>;

/** What a program reads that it is not differentiated by: indices, vectors, or matrices with padded rows. */
export type Given = Record<
  string,
  { shape: readonly Dim[]; data: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> }
>;

/** A program with its operands, by which it is differentiated. */
export interface GradientCase {
  operands: Record<string, { shape: readonly Dim[]; matrix: Matrix }>;
  given?: Given;
  scalars?: Record<string, number>;
  trace(g: Graph, values: Record<string, Value>, given: Record<string, Value>): Value;
  /** The same in float64, without padding. */
  forward(all: Matrices): Float64Array;
}

/** The eps of every LayerNorm. */
export const EPS = 0.01;

/** Rows where there are some. */
export const TOKENS = 7;

/** The matrix with each row padded, in float64. */
export function wide({ rows, columns, data }: Matrix): Float64Array {
  const padded = new Float64Array(rows * pitch(columns));
  for (let r = 0; r < rows; r++) padded.set(data.subarray(r * columns, (r + 1) * columns), r * pitch(columns));
  return padded;
}

/** The matrix of padded rows, without the padding. */
export function cut(padded: Float64Array, columns: number): Matrix {
  const rows = padded.length / pitch(columns);
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    data[i] = padded[Math.floor(i / columns) * pitch(columns) + i % columns]!;
  }
  return { rows, columns, data };
}

/** The matrix with each element replaced. */
export function map(matrix: Matrix, of: (value: number, i: number) => number): Matrix {
  return { ...matrix, data: matrix.data.map(of) };
}

/** The sum of two matrices, or of a matrix and a row. */
export function plus(matrix: Matrix, other: Matrix): Matrix {
  return map(matrix, (value, i) => value + other.data[i % other.data.length]!);
}

/** LayerNorm of the rows. */
export function normal(x: Matrix, weight: Matrix, bias: Matrix): Matrix {
  const { rows, columns } = x;
  return cut(layerNormTwin({ rows, columns, eps: EPS, x: wide(x), weight: weight.data, bias: bias.data }), columns);
}
