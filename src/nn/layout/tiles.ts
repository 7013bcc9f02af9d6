/** Cuts a matrix into tiles of bounded size, so that every element of its tensors is read once, in order. */

import { grouped, type Placement, type Range, rowsOf } from "./placement.ts";

/** A rectangle of a matrix. */
export interface Tile {
  row: number;
  rows: number;
  column: number;
  columns: number;
}

/** Most elements of a tile: 8 MiB as f32. */
const MOST = 2 ** 21;

/**
 * Most elements of a tile of a transposed tensor: 16 MiB, which is all of a weight of a large BERT. A part of one goes to
 * the GPU by a write for each of its rows, which takes four times as long as one write.
 */
const MOST_TRANSPOSED = 2 ** 22;

/** A matrix, and the tensors in it: all of them transposed, or none. */
export interface TiledMatrix {
  readonly rows: number;
  /** Elements from a row to the next. */
  readonly width: number;
  readonly parts: readonly Placement[];
}

/** Whether the rows of a tensor are columns of the matrix. */
function isTransposed({ columnStride }: Placement): boolean {
  return columnStride !== 1;
}

/**
 * The tiles of a matrix, in the order of its tensors: rows of it, or columns if its tensors are transposed.
 *
 * @param most Elements of a tile. A row that is longer is cut.
 */
export function* tilesOf({ rows, width, parts }: TiledMatrix, most?: number): Generator<Tile> {
  const transposed = parts.some(isTransposed);
  most ??= transposed ? MOST_TRANSPOSED : MOST;
  const columns = transposed ? rows * width <= most ? width : 4 * Math.max(1, Math.floor(most / rows / 4)) : most;
  const height = transposed ? rows : Math.max(1, Math.floor(most / width));
  for (let row = 0; row < rows; row += height) {
    for (let column = 0; column < width; column += columns) {
      yield { row, rows: Math.min(height, rows - row), column, columns: Math.min(columns, width - column) };
    }
  }
}

/** The elements of a tensor that are in a tile which {@linkcode tilesOf} gives: a range, which no other tile has. */
export function elementsInTile(part: Placement, width: number, tile: Tile): Range {
  const { shape, offset, rowStride, rowGroup, columnGroup } = part;
  const columns = shape.at(-1) as number;
  const { begin, end } = rowsOf(part);
  const rows = end - begin;
  const from = begin * columns;
  if (isTransposed(part)) {
    const columnOf = (row: number) => offset % width + grouped(row, rowGroup);
    const before = (column: number) => from + columns * firstIndex(rows, (row) => columnOf(row) >= column);
    return { begin: before(tile.column), end: before(tile.column + tile.columns) };
  }
  const placeOf = (element: number) => {
    const column = element % columns;
    return offset + grouped((element - column) / columns, rowGroup) * rowStride + grouped(column, columnGroup);
  };
  const before = (place: number) => from + firstIndex(rows * columns, (element) => placeOf(element) >= place);
  const first = tile.row * width + tile.column;
  return { begin: before(first), end: before(first + (tile.rows - 1) * width + tile.columns) };
}

/** A tensor's place in a tile, which is a matrix of its own. */
export function placementInTile(part: Placement, width: number, tile: Tile): Placement {
  const { offset, rowStride, columnStride } = part;
  const column = offset % width;
  const row = (offset - column) / width;
  const strideIn = (stride: number) => stride === width ? tile.columns : stride;
  return {
    ...part,
    offset: (row - tile.row) * tile.columns + column - tile.column,
    rowStride: strideIn(rowStride),
    columnStride: strideIn(columnStride),
  };
}

/**
 * The first of `count` indices for which `isTrue` holds, by bisection, as it holds for all later ones too; `count` if
 * it holds for none.
 */
function firstIndex(count: number, isTrue: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
