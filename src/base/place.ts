/** Where an element of a row-major array lies. */

/** The indices, one a dimension, of the element at `index`. */
export function placeOf(index: number, dims: readonly number[]): number[] {
  const place: number[] = [];
  for (const dim of dims.toReversed()) {
    place.unshift(index % dim);
    index = Math.floor(index / dim);
  }
  return place;
}
