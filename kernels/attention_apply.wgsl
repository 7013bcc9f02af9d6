// Stored attention probabilities applied to values.
//
//   out[r, a, :] = sum_j probabilities[r, a, j] * v[j, a, :]
//
// probabilities [rows, heads, keys]; v [tokens, heads, head_size] and out [rows, heads, head_size] by strides
// geometry      tiles (lib/attention_tiles.wgsl)
//
// In the absorbed form all heads share the values (v_head 0), and head_size is H: see lib/attention_tiles.wgsl.
// A workgroup takes 8 queries of a tile, and 8 columns of v for each of its LANES lanes: a chunk.
// Rows without keys come out as zeros.

override LANES: u32 = 8;

struct Params {
  tiles: u32,
  heads: u32,
  head_size: u32,
  keys: u32,
  v_offset: u32,
  v_stride: u32,
  v_head: u32,
  out_stride: u32,
  out_head: u32,
  tiles_at: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> probabilities: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> geometry: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;

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
  let shared_keys = params.v_head == 0;
  let leader = query_at(tile, first, shared_keys);
  if (!leader.real || column >= params.head_size) {
    return;
  }
  var row_at: array<u32, QUERIES>; // where the query's probabilities begin, in vec4s
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    row_at[i] = (query.row * params.heads + query.head) * (params.keys / 4);
  }

  var sums: array<vec4<f32>, 2 * QUERIES>; // of the first four columns, and of the others
  for (var key = 0u; key < tile.key_count; key += 4) {
    let tokens = tokens_at(tile, four(key));
    let at = (params.v_offset + tokens * params.v_stride + leader.head * params.v_head + column) / 4;
    let first_values = values_at(at);
    let second_values = values_at(at + 1);
    for (var i = 0u; i < QUERIES; i++) {
      let p = probabilities[row_at[i] + key / 4];
      sums[i] += first_values * p;
      sums[QUERIES + i] += second_values * p;
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    let at = (query.row * params.out_stride + query.head * params.out_head + column) / 4;
    if (query.real) {
      out[at] = sums[i];
    }
    if (query.real && column + 4 < params.head_size) {
      out[at + 1] = sums[QUERIES + i];
    }
  }
}

// A vec4 of each of four tokens' values; past the buffer, whatever is there: nothing comes of columns past the head.
fn values_at(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(v[at.x], v[at.y], v[at.z], v[at.w]);
}
