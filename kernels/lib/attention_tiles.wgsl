// The queries of an attention workgroup; put before the attention kernels, which bind `params` and `geometry`.
//
// A tile is up to 8 consecutive rows of one sequence, with that sequence's keys, which are consecutive tokens:
//
//   geometry[tiles_at + 4t ..] = row_start, row_count, key_start, key_count
//
// The (row, head) pairs of a tile are its queries. A workgroup takes 8 of them against the same keys: the 8 rows of one
// head or, if all heads share the keys (the absorbed form), any 8 pairs in order, so that few rows fill a workgroup
// too. Either way a tile needs no more workgroups than there are heads: workgroup g takes the pairs 8g .. 8g + 7.

const QUERIES = 8u;

struct Tile { row_start: u32, row_count: u32, key_start: u32, key_count: u32 }

fn tile_at(index: u32) -> Tile {
  let at = params.tiles_at + 4 * index;
  return Tile(geometry[at], geometry[at + 1], geometry[at + 2], geometry[at + 3]);
}

struct Query { row: u32, head: u32, real: bool }

// Pair `i` of the tile; past the last row, that row stands in and `real` is false.
fn query_at(tile: Tile, i: u32, shared_keys: bool) -> Query {
  let row = select(i % QUERIES, i / params.heads, shared_keys);
  let head = select(i / QUERIES, i % params.heads, shared_keys);
  return Query(tile.row_start + min(row, tile.row_count - 1), head, row < tile.row_count);
}

// Keys `first` .. `first + 3` of a sequence.
fn four(first: u32) -> vec4<u32> {
  return first + vec4<u32>(0, 1, 2, 3);
}

// The packed tokens of the tile's `keys`; past the last key, that key stands in.
fn tokens_at(tile: Tile, keys: vec4<u32>) -> vec4<u32> {
  return tile.key_start + min(keys, vec4<u32>(tile.key_count - 1));
}
