/** Some columns of a matrix, which ops of optimizers take alone. */

import { pitch } from "../../../../kernels/kernel.ts";
import { columnsOf, type Dim, lastOf, rowsOf, type Scalars, valueOf } from "../../../shape.ts";
import { expectFours, expectWhole } from "../../../types.ts";

/** Columns of a matrix. */
export interface ColumnRange {
  /** The first column, a multiple of 4. */
  readonly at: number;
  /** How many; a multiple of 4, or up to the matrix's last column. */
  readonly columns: number;
}

/** Checks that there are such columns. @throws {Mismatch} Of kind RangeError. */
export function expectColumns(shape: readonly Dim[], range: ColumnRange | null): void {
  if (range === null) return;
  const width = columnsOf(shape);
  expectFours("first column", range.at);
  expectWhole("columns", range.columns, [1, width - range.at]);
  if (range.at + range.columns < width) expectFours("columns", range.columns);
}

/** The constants and sizes by which `kernels/lib/columns.wgsl` finds columns, all of them if the range is null. */
export function placed(shape: readonly Dim[], range: ColumnRange | null) {
  const rows = (scalars: Scalars) => rowsOf(shape, scalars);
  const width = (scalars: Scalars) => pitch(valueOf(lastOf(shape), scalars));
  const columns = range === null ? null : pitch(range.columns);
  if (range === null || columns === pitch(columnsOf(shape))) {
    return {
      constants: { GAPS: 0 },
      sizes(scalars: Scalars) {
        const count = rows(scalars) * width(scalars);
        return { rows: 1, columns: count, at: 0, stride: count };
      },
    };
  }
  return {
    constants: { GAPS: 1 },
    sizes: (scalars: Scalars) => ({
      rows: rows(scalars),
      columns: columns as number,
      at: range.at,
      stride: width(scalars),
    }),
  };
}
