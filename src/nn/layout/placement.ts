/** Places of checkpoint tensors in the matrices of the GPU, and copies in both directions. */

import { elementCount } from "../../base/shape.ts";

/**
 * The place of a checkpoint tensor, or of some of its rows, in a physical matrix. A vector `[n]` counts as one row
 * `[1, n]`.
 */
export interface Placement {
  /** Checkpoint name. */
  name: string;
  /** Checkpoint shape, one or two dimensions. */
  shape: readonly number[];
  /** The tensor's rows that lie in the matrix; all if left out. The others lie in other matrices. */
  rows?: Range;
  /** Element offset of the first of these rows in the physical matrix. */
  offset: number;
  /** Physical distance of neighbouring rows. */
  rowStride: number;
  /** Physical distance of neighbouring columns. */
  columnStride: number;
  /** Padding of groups (heads) of consecutive rows. */
  rowGroup?: Group;
  /** Padding of groups (heads) of consecutive columns. */
  columnGroup?: Group;
}

/** Groups of `size` indices, each padded to `padded`. */
export interface Group {
  size: number;
  padded: number;
}

/** Elements or rows from `begin` to before `end`. */
export interface Range {
  begin: number;
  end: number;
}

/**
 * Copies elements of a checkpoint tensor to their places in a matrix.
 *
 * @param data The tensor's elements from number `from` on.
 */
export function scatterPlacement(
  part: Placement,
  data: Float32Array,
  elements: Float32Array,
  { from = 0 }: { from?: number } = {},
): void {
  const stride = part.columnStride;
  forEachRun(part, { begin: from, end: from + data.length }, (at, physical, count) => {
    const start = at - from;
    if (stride === 1) elements.set(data.subarray(start, start + count), physical);
    else for (let c = 0; c < count; c++) elements[physical + c * stride] = data[start + c] as number;
  });
}

/**
 * The columns of a matrix that belong to a tensor, the padding of its groups included: whole vec4s.
 *
 * @param width Columns of the matrix, padding included.
 */
export function columnsOf(part: Placement, width: number): { at: number; columns: number } {
  const { shape, offset, columnStride, rowGroup, columnGroup } = part;
  const isTransposed = columnStride !== 1;
  const { begin, end } = rowsOf(part);
  const [count, group] = isTransposed ? [end - begin, rowGroup] : [shape.at(-1) as number, columnGroup];
  const columns = group === undefined ? count : Math.ceil(count / group.size) * group.padded;
  return { at: offset % width, columns: Math.ceil(columns / 4) * 4 };
}

/** A checkpoint tensor on the CPU. */
export interface GatheredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Copies what a matrix holds of a checkpoint tensor to the tensor's entry in a map, which is added if it is not there.
 * Once all matrices that hold rows of the tensor have come, it is complete.
 */
export function gatherPlacement(
  part: Placement,
  elements: Float32Array,
  tensors: Map<string, GatheredTensor>,
): void {
  const { name, shape, columnStride } = part;
  let tensor = tensors.get(name);
  if (tensor === undefined) tensors.set(name, tensor = { shape, data: new Float32Array(elementCount(shape)) });
  const { data } = tensor;
  forEachRun(part, { begin: 0, end: data.length }, (at, physical, count) => {
    for (let c = 0; c < count; c++) data[at + c] = elements[physical + c * columnStride] as number;
  });
}

/** The rows of a tensor that lie in the matrix. */
export function rowsOf({ shape, rows }: Placement): Range {
  if (rows !== undefined) return rows;
  const columns = shape.at(-1) as number;
  return { begin: 0, end: columns === 0 ? 0 : elementCount(shape) / columns };
}

/**
 * Visits the runs of evenly spaced columns of a range of a tensor, as far as it lies in the matrix: from `at` in the
 * tensor, from `physical` in the matrix.
 */
function forEachRun(
  part: Placement,
  range: Range,
  visit: (at: number, physical: number, count: number) => void,
): void {
  const { shape, offset, rowStride, columnStride, rowGroup, columnGroup } = part;
  const columns = shape.at(-1) as number;
  const run = columnGroup?.size ?? columns;
  const rows = rowsOf(part);
  const end = Math.min(range.end, columns * rows.end);
  for (let at = Math.max(range.begin, columns * rows.begin); at < end;) {
    const column = at % columns;
    const row = (at - column) / columns - rows.begin;
    const count = Math.min(run - column % run, columns - column, end - at);
    visit(at, offset + grouped(row, rowGroup) * rowStride + grouped(column, columnGroup) * columnStride, count);
    at += count;
  }
}

/** The place of an index among groups that are padded. */
export function grouped(index: number, group: Group | undefined): number {
  if (group === undefined) return index;
  return Math.floor(index / group.size) * group.padded + index % group.size;
}
