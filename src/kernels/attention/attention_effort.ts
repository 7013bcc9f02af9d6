/** How much work the kernels of attention are: products of each query row with each key of its sequence. */

import type { Constants, KernelEffort } from "../kernel.ts";

/** Where a tile of a table has its rows and its keys. */
interface TileWords {
  /** Words of a tile. */
  readonly words: number;
  readonly rows: number;
  readonly keys: number;
}

/** A tile of query rows: row_start, row_count, key_start, key_count. */
const ROW_TILE: TileWords = { words: 4, rows: 1, keys: 3 };

/** The fields of the uniform struct by which it is counted. */
type Fields = "tiles" | "tiles_at" | "heads" | "head_size";

/**
 * The effort of a kernel that reads `geometry`.
 *
 * @param products How many vectors of a head each pair of a row and a key takes the product of.
 */
export function attentionEffort(
  products: (constants: Constants) => number,
  tile: TileWords = ROW_TILE,
): KernelEffort<Fields, "geometry"> {
  return {
    operations(params, constants, words) {
      const { tiles, tiles_at, heads, head_size } = params;
      const table = words("geometry");
      let pairs = 0;
      for (let i = 0; i < tiles; i++) {
        const at = tiles_at + tile.words * i;
        pairs += (table[at + tile.rows] as number) * (table[at + tile.keys] as number);
      }
      return 2 * pairs * heads * head_size * products(constants);
    },
  };
}
