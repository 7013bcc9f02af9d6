// The gradient of attention by its queries, added in place.
//
//   d_q[r, a, :] = d_q[r, a, :] + sum_j d_scores[r, a, j] * x[r, a, j]
//   x[r, a, j]   = k[j, a, :]                                             RELATIVE 0
//                = distance[position[r] - position[j] + center]           RELATIVE 1    (x_head is 0 then)
//
// d_scores      [rows, heads, keys]: key j of the row's own sequence in column j
// x             k [tokens, heads, head_size] or distance [*, head_size], and d_q [rows, heads, head_size], by own strides
// geometry      tiles (lib/attention_tiles.wgsl), and for distances the positions of query rows and of tokens
//
// In the absorbed form all heads share the keys (x_head 0), and head_size is H: see lib/attention_tiles.wgsl.
// A workgroup takes 8 queries of a tile, and 8 columns of x for each of its LANES lanes: a chunk.

override RELATIVE: u32 = 0;
override LANES: u32 = 8;

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
@group(0) @binding(1) var<storage, read> d_scores: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> geometry: array<u32>;
@group(0) @binding(4) var<storage, read_write> d_q: array<vec4<f32>>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunks = (params.head_size + 8 * LANES - 1) / (8 * LANES);
  let index = group.y * groups.x + group.x;
  if (index >= params.tiles * params.heads * chunks) {
    return;
  }
  let tile = tile_at(index / chunks / params.heads);
  let first = index / chunks % params.heads * QUERIES;
  let column = 8 * (index % chunks * LANES + lane);
  let shared_keys = params.x_head == 0;
  let leader = query_at(tile, first, shared_keys);
  if (!leader.real || column >= params.head_size) {
    return;
  }
  var row_at: array<u32, QUERIES>; // where the query's part of d_scores begins, in vec4s
  var position: array<u32, QUERIES>; // where it stands, counted from the farthest that a key may be behind it
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    row_at[i] = (query.row * params.heads + query.head) * (params.keys / 4);
    if (RELATIVE > 0) {
      position[i] = geometry[params.query_positions_at + query.row] + params.center;
    }
  }

  var sums: array<vec4<f32>, 2 * QUERIES>; // of the first four columns, and of the others
  for (var key = 0u; key < tile.key_count; key += 4) {
    let tokens = tokens_at(tile, four(key));
    if (RELATIVE > 0) {
      let token_at = params.key_positions_at + tokens;
      let behind = vec4<u32>(geometry[token_at.x], geometry[token_at.y], geometry[token_at.z], geometry[token_at.w]);
      for (var i = 0u; i < QUERIES; i++) {
        let at = (params.x_offset + (position[i] - behind) * params.x_stride + column) / 4;
        let d = d_scores[row_at[i] + key / 4];
        sums[i] += values_at(at) * d;
        sums[QUERIES + i] += values_at(at + 1) * d;
      }
    } else {
      let at = (params.x_offset + tokens * params.x_stride + leader.head * params.x_head + column) / 4;
      let first_values = values_at(at);
      let second_values = values_at(at + 1);
      for (var i = 0u; i < QUERIES; i++) {
        let d = d_scores[row_at[i] + key / 4];
        sums[i] += first_values * d;
        sums[QUERIES + i] += second_values * d;
      }
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    let at = (params.d_offset + query.row * params.d_stride + query.head * params.d_head + column) / 4;
    if (query.real) {
      d_q[at] += sums[i];
    }
    if (query.real && column + 4 < params.head_size) {
      d_q[at + 1] += sums[QUERIES + i];
    }
  }
}

// A vec4 of each of four rows of x; past the buffer, whatever is there: nothing comes of columns past the head.
fn values_at(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
}
