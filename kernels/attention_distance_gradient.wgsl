// The gradient of attention by its embeddings of distances, added in place.
//
//   d_distance[i, :] = d_distance[i, :] + sum over all r, a, j with position[r] - position[j] + center = i
//                      of d_scores[r, a, j] * x[r, a, :]     by_keys 0: x is the query that met the distance
//                      of d_scores[r, a, j] * x[j, a, :]     by_keys 1: x is the key that met it
//
// d_scores      [rows, heads, keys]: key j of the row's own sequence in column j
// x             [rows or tokens, heads, head_size], by strides; d_distance [distances, head_size]
// geometry      tiles (lib/attention_tiles.wgsl), positions of query rows and of tokens
//
// Positions ascend inside a sequence, so a row has one key at most at a distance. A workgroup takes a distance. Its lanes
// look for the keys of LANES rows at a time, and then each sums the terms of these for its four columns.

override LANES: u32 = 64; // a multiple of 8

struct Params {
  tiles: u32,
  heads: u32,
  head_size: u32,
  keys: u32,
  x_offset: u32,
  x_stride: u32,
  x_head: u32,
  by_keys: u32, // 0 or 1
  distances: u32,
  d_stride: u32,
  tiles_at: u32,
  query_positions_at: u32,
  key_positions_at: u32,
  center: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_scores: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> geometry: array<u32>;
@group(0) @binding(4) var<storage, read_write> d_distance: array<vec4<f32>>;

// A row with a key at the distance: the row, the key's column, the row of x. No row if `real` is 0.
struct Pair { row: u32, column: u32, x_row: u32, real: u32 }

var<workgroup> pairs: array<Pair, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let distance = group.y * groups.x + group.x;
  if (distance >= params.distances) {
    return;
  }
  for (var chunk = 0u; chunk < params.head_size; chunk += 4 * LANES) {
    let column = chunk + 4 * lane;
    var sum = vec4<f32>();
    for (var first = 0u; first < params.tiles; first += LANES / QUERIES) {
      let pair = pair_at(first + lane / QUERIES, lane % QUERIES, distance);
      workgroupBarrier(); // The pairs before were read.
      pairs[lane] = pair;
      workgroupBarrier();
      for (var i = 0u; i < select(0, LANES, column < params.head_size); i++) {
        if (pairs[i].real > 0) {
          sum += terms(pairs[i], column);
        }
      }
    }
    if (column < params.head_size) {
      d_distance[(distance * params.d_stride + column) / 4] += sum;
    }
  }
}

// Row `i` of a tile with its key at the distance.
fn pair_at(tile_index: u32, i: u32, distance: u32) -> Pair {
  if (tile_index >= params.tiles) {
    return Pair();
  }
  let tile = tile_at(tile_index);
  let row = tile.row_start + i;
  if (i >= tile.row_count) {
    return Pair();
  }
  let reach = geometry[params.query_positions_at + row] + params.center;
  let keys_at = params.key_positions_at + tile.key_start;
  var low = 0u;
  var high = select(0, tile.key_count, reach >= distance);
  while (low < high) {
    let middle = (low + high) / 2;
    if (geometry[keys_at + middle] < reach - distance) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  let last = max(tile.key_count, 1) - 1;
  let real = reach >= distance && low < tile.key_count && geometry[keys_at + min(low, last)] == reach - distance;
  return Pair(row, low, select(row, tile.key_start + low, params.by_keys > 0), select(0u, 1u, real));
}

// Four columns of a pair's terms, summed over heads.
fn terms(pair: Pair, column: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var head = 0u; head < params.heads; head++) {
    let d = d_scores[(pair.row * params.heads + head) * params.keys + pair.column];
    sum += d * x[(params.x_offset + pair.x_row * params.x_stride + head * params.x_head + column) / 4];
  }
  return sum;
}
