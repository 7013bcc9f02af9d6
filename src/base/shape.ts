/** Dimensions of row-major arrays, and the elements in them. */

/** Number of elements: the product of the dimensions, 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Dimensions as messages show them: `[2, 3]`. */
export function shapeText(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
}

/** The indices, one a dimension, of the element at `index`. */
export function placeOf(index: number, dims: readonly number[]): number[] {
  const place: number[] = [];
  for (const dim of dims.toReversed()) {
    place.unshift(index % dim);
    index = Math.floor(index / dim);
  }
  return place;
}
