/** Lays a tile of a matrix out, from elements of its tensors. */

import { pieces } from "../../io/checkpoint/floats.ts";
import { type Placement, scatterPlacement } from "./placement.ts";
import { elementsInTile, placementInTile, type Tile } from "./tiles.ts";

/** A tensor's elements, row-major: an array of them, or a reader of a file. */
export interface Elements {
  /** The elements from `begin` to `end`, for reading only. The next call may overwrite them. */
  subarray(begin: number, end: number): Float32Array;
}

/**
 * Fills a tile of a matrix from the tensors of its parts.
 *
 * @param place `elements` of the tile, and the `width` of the matrix.
 */
export function layOutTile(
  parts: readonly Placement[],
  tensors: readonly Elements[],
  { elements, width, tile }: { elements: Float32Array; width: number; tile: Tile },
): void {
  elements.fill(0);
  for (const [i, part] of parts.entries()) {
    const place = placementInTile(part, width, tile);
    const { begin, end } = elementsInTile(part, width, tile);
    for (const piece of pieces(begin, end)) {
      const data = (tensors[i] as Elements).subarray(piece.begin, piece.end);
      scatterPlacement(place, data, elements, { from: piece.begin });
    }
  }
}
