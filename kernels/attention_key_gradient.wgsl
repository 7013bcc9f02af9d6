// The gradient of attention by its keys or values, added in place.
//
//   d_k[j, a, :] = d_k[j, a, :] + sum_r weights[r, a, j] * x[r, a, j]     over the rows of the key's own sequence
//   x[r, a, j]   = x[r, a, :]                                             RELATIVE 0
//                = distance[position[r] - position[j] + center]           RELATIVE 1    (x_head is 0 then)
//
// weights       [rows, heads, keys]: key j of the row's own sequence in column j
// x             [rows, heads, head_size] or distance [*, head_size], and d_k [tokens, heads, head_size], by own strides
// geometry      tiles of keys, and for distances the positions of query rows and of tokens
//
// By keys, weights are the gradient of the scores and x the queries; by values, weights are the probabilities and x the
// gradient of the outputs. If all heads share their keys (d_k's d_head is 0), the sum is over heads too. A tile is up to
// 8 consecutive keys of one sequence, with that sequence's rows:
//
//   geometry[tiles_at + 5t ..] = first key (a token), keys, its column in weights, row_start, row_count
//
// A workgroup takes a tile and, unless heads share their keys, a head, and 8 columns for each of its LANES lanes.

override RELATIVE: u32 = 0;
override LANES: u32 = 8;

const KEYS = 8u;

struct Params {
  tiles: u32,
  heads: u32,
  head_size: u32,
  keys: u32,
  x_offset: u32,
  x_stride: u32,
  x_head: u32,
  d_offset: u32,
  d_stride: u32,
  d_head: u32,
  tiles_at: u32,
  query_positions_at: u32,
  key_positions_at: u32,
  center: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> geometry: array<u32>;
@group(0) @binding(4) var<storage, read_write> d_k: array<vec4<f32>>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunks = (params.head_size + 8 * LANES - 1) / (8 * LANES);
  let shared_keys = params.d_head == 0;
  let parts = select(params.heads, 1, shared_keys);
  let index = group.y * groups.x + group.x;
  let column = 8 * (index % chunks * LANES + lane);
  if (index >= params.tiles * parts * chunks || column >= params.head_size) {
    return;
  }
  let tile_at = params.tiles_at + 5 * (index / chunks / parts);
  let first_key = geometry[tile_at];
  let key_count = geometry[tile_at + 1];
  let weight_column = geometry[tile_at + 2];
  let row_start = geometry[tile_at + 3];
  let row_end = row_start + geometry[tile_at + 4];
  let first_head = select(index / chunks % parts, 0, shared_keys);
  let head_end = select(first_head + 1, params.heads, shared_keys);

  var position: array<u32, KEYS>; // of the keys; past the last one, that one stands in
  if (RELATIVE > 0) {
    for (var i = 0u; i < KEYS; i++) {
      position[i] = geometry[params.key_positions_at + first_key + min(i, key_count - 1)];
    }
  }

  var sums: array<vec4<f32>, 2 * KEYS>; // of the first four columns, and of the others
  for (var row = row_start; row < row_end; row++) {
    for (var head = first_head; head < head_end; head++) {
      // The second four may lie in the next row: nothing comes of keys past the last one.
      let weight_at = ((row * params.heads + head) * params.keys + weight_column) / 4;
      let first_weights = weights[weight_at];
      let second_weights = weights[weight_at + 1];
      if (RELATIVE > 0) {
        let reach = geometry[params.query_positions_at + row] + params.center;
        for (var i = 0u; i < 4; i++) {
          let at = (params.x_offset + (reach - position[i]) * params.x_stride + column) / 4;
          sums[i] += x[at] * first_weights[i];
          sums[KEYS + i] += x[at + 1] * first_weights[i];
        }
        for (var i = 0u; i < 4; i++) {
          let at = (params.x_offset + (reach - position[4 + i]) * params.x_stride + column) / 4;
          sums[4 + i] += x[at] * second_weights[i];
          sums[KEYS + 4 + i] += x[at + 1] * second_weights[i];
        }
      } else {
        let at = (params.x_offset + row * params.x_stride + head * params.x_head + column) / 4;
        let first_values = x[at];
        let second_values = x[at + 1];
        for (var i = 0u; i < 4; i++) {
          sums[i] += first_values * first_weights[i];
          sums[4 + i] += first_values * second_weights[i];
          sums[KEYS + i] += second_values * first_weights[i];
          sums[KEYS + 4 + i] += second_values * second_weights[i];
        }
      }
    }
  }
  for (var i = 0u; i < KEYS; i++) {
    let at = (params.d_offset + (first_key + i) * params.d_stride + first_head * params.d_head + column) / 4;
    if (i < key_count) {
      d_k[at] += sums[i];
    }
    if (i < key_count && column + 4 < params.head_size) {
      d_k[at + 1] += sums[KEYS + i];
    }
  }
}
