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
  let at = params.tiles_at + 5 * (index / chunks / parts);
  let first_key = geometry[at];
  let key_count = geometry[at + 1];
  let row_start = geometry[at + 3];
  let row_count = geometry[at + 4];
  let head = select(index / chunks % parts, 0, shared_keys);

  // The terms of four steps are added at a time: of four rows of a head or, if heads share their keys, of four heads of a
  // row, since there may be few rows. Distances are in vec4s.
  let steps = select(row_count, params.heads, shared_keys);
  let rounds = select(1, row_count, shared_keys);
  let weight_row = params.heads * params.keys / 4;
  let weight_step = select(weight_row, params.keys / 4, shared_keys);
  let x_step = select(params.x_stride, params.x_head, shared_keys) / 4;
  let weight_start = row_start * weight_row + (head * params.keys + geometry[at + 2]) / 4;
  let x_start = (params.x_offset + row_start * params.x_stride + head * params.x_head + column) / 4;

  var position: array<u32, KEYS>; // of the keys; past the last one, that one stands in
  if (RELATIVE > 0) {
    for (var i = 0u; i < KEYS; i++) {
      position[i] = geometry[params.key_positions_at + first_key + min(i, key_count - 1)];
    }
  }

  var sums: array<vec4<f32>, 2 * KEYS>; // of the first four columns, and of the others
  for (var round = 0u; round < rounds; round++) {
    for (var step = 0u; step < steps; step += 4) {
      let four = step + vec4<u32>(0, 1, 2, 3);
      let real = four < vec4<u32>(steps);
      let taken = min(four, vec4<u32>(steps - 1));
      let weights_at = weight_start + round * weight_row + taken * weight_step;
      // The second fours may lie in the next row: nothing comes of keys past the last one.
      let first_weights = by_key(weights_at, real);
      let second_weights = by_key(weights_at + 1, real);
      if (RELATIVE > 0) {
        let rows_at = params.query_positions_at + row_start + select(taken, vec4<u32>(round), shared_keys);
        let reach = params.center +
          vec4<u32>(geometry[rows_at.x], geometry[rows_at.y], geometry[rows_at.z], geometry[rows_at.w]);
        for (var i = 0u; i < 4; i++) {
          let at = (params.x_offset + (reach - position[i]) * params.x_stride + column) / 4;
          sums[i] += values_at(at) * first_weights[i];
          sums[KEYS + i] += values_at(at + 1) * first_weights[i];
        }
        for (var i = 0u; i < 4; i++) {
          let at = (params.x_offset + (reach - position[4 + i]) * params.x_stride + column) / 4;
          sums[4 + i] += values_at(at) * second_weights[i];
          sums[KEYS + 4 + i] += values_at(at + 1) * second_weights[i];
        }
      } else {
        let at = x_start + round * (params.x_stride / 4) + taken * x_step;
        let first_values = values_at(at);
        let second_values = values_at(at + 1);
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
    let at = (params.d_offset + (first_key + i) * params.d_stride + head * params.d_head + column) / 4;
    if (i < key_count) {
      d_k[at] += sums[i];
    }
    if (i < key_count && column + 4 < params.head_size) {
      d_k[at + 1] += sums[KEYS + i];
    }
  }
}

// Four keys' weights of four steps: by key, the weights of the steps; zeros for steps that are not real.
fn by_key(at: vec4<u32>, real: vec4<bool>) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(
    select(vec4<f32>(), weights[at.x], real.x),
    select(vec4<f32>(), weights[at.y], real.y),
    select(vec4<f32>(), weights[at.z], real.z),
    select(vec4<f32>(), weights[at.w], real.w),
  ));
}

// A vec4 of each of four rows of x; past the buffer, whatever is there: nothing comes of columns past the head.
fn values_at(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
}
