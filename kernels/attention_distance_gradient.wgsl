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
// look for the keys of LANES rows at a time. Then each sums the terms of some of these rows for four columns: as many lanes
// as there are fours of columns form a group, and the groups share the rows. The sums of the groups are added at the end.

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
var<workgroup> sums: array<vec4<f32>, LANES>; // by [group, four of columns]

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let distance = workgroup.y * workgroups.x + workgroup.x;
  if (distance >= params.distances) {
    return;
  }
  let width = min(params.head_size / 4, LANES);
  let groups = LANES / width;
  for (var chunk = 0u; chunk < params.head_size; chunk += 4 * width) {
    let column = chunk + 4 * (lane % width);
    let is_busy = lane / width < groups && column < params.head_size;
    var sum = vec4<f32>();
    for (var first = 0u; first < params.tiles; first += LANES / QUERIES) {
      let pair = pair_at(first + lane / QUERIES, lane % QUERIES, distance);
      workgroupBarrier(); // The pairs before were read.
      pairs[lane] = pair;
      workgroupBarrier();
      for (var i = lane / width; i < select(0, LANES, is_busy); i += groups) {
        if (pairs[i].real > 0) {
          sum += terms(pairs[i], column);
        }
      }
    }
    workgroupBarrier(); // The sums of the chunk before were read.
    sums[lane] = sum;
    workgroupBarrier();
    if (lane < width && is_busy) {
      var total = vec4<f32>();
      for (var i = lane; i < groups * width; i += width) {
        total += sums[i];
      }
      d_distance[(distance * params.d_stride + column) / 4] += total;
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
  let wanted = reach - distance; // the key's position
  let keys_at = params.key_positions_at + tile.key_start;
  let last = max(tile.key_count, 1) - 1;
  let first_position = geometry[keys_at];
  let last_position = geometry[keys_at + last];
  if (tile.key_count == 0 || reach < distance || wanted < first_position || wanted > last_position) {
    return Pair();
  }
  // The first key that does not stand before it. Where positions have no holes, one remains to be looked at.
  var low = last - min(last, last_position - wanted);
  var high = min(last, wanted - first_position);
  while (low < high) {
    let middle = (low + high) / 2;
    if (geometry[keys_at + middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  let real = select(0u, 1u, geometry[keys_at + low] == wanted);
  return Pair(row, low, select(row, tile.key_start + low, params.by_keys > 0), real);
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
