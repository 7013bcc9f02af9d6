/** The inverse of an index: which of its elements name each row of a table. */

/** The elements of an index, sorted by the rows that they name. */
export interface InverseIndex {
  /** Where those of each row begin in `order`, and the end of the last: `[count + 1]`. */
  starts: Uint32Array<ArrayBuffer>;
  /** Numbers of elements, row by row, ascending within a row. */
  order: Uint32Array<ArrayBuffer>;
}

/**
 * Sorts the elements of an index by the rows that they name, by counting. Gradients of tables sum by it.
 *
 * @param ids The index; with `stride`, rows of so many fields, as packed tokens are, of which `column` is the index.
 * @param options.count Rows of the table.
 * @param options.except A row that is left out, as if no element named it.
 * @throws {RangeError} If an id is no row of the table.
 */
export function inverseIndex(
  ids: Uint32Array,
  { count, except = null, column = 0, stride = 1 }: {
    count: number;
    except?: number | null;
    column?: number;
    stride?: number;
  },
): InverseIndex {
  const starts = new Uint32Array(count + 1);
  for (let at = column; at < ids.length; at += stride) {
    const id = ids[at] as number;
    if (id >= count) throw new RangeError(`Cannot invert an index: an id must be below ${count}, got ${id}`);
    if (id !== except) starts[id + 1] = (starts[id + 1] as number) + 1;
  }
  for (let row = 0; row < count; row++) starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number);
  const next = starts.slice(0, count);
  const order = new Uint32Array(ids.length / stride);
  for (let at = column, element = 0; at < ids.length; at += stride, element++) {
    const id = ids[at] as number;
    if (id === except) continue;
    const place = next[id] as number;
    order[place] = element;
    next[id] = place + 1;
  }
  return { starts, order };
}
