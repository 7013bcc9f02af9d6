// The gradient of attention by its products of queries and keys, from that of its outputs.
//
//   d[r, a, j]        = d_out[r, a, :] · v[j, a, :] + d_sums[r, a]
//   d_scores[r, a, j] = scale * (dropped[r, a, j] * d[r, a, j] - p[r, a, j] * mean[r, a])
//   mean[r, a]        = sum_j dropped[r, a, j] * d[r, a, j] / head_scale[a]
//
// p, dropped    [rows, heads, keys]: probabilities before and after dropout, key j of the row's own sequence in column j
// d_scores      [rows, heads, keys], zeros past the row's last key
// d_out         [rows, heads, head_size] and v [tokens, heads, head_size], by own strides
// d_sums        [rows, heads], the gradient by the sums of `dropped`; counts if `summed` is 1
// geometry      tiles (lib/attention_tiles.wgsl); head_scale [heads]
//
// p sums to the head's scale. If that is 0, p is 0, and so is d_scores.
// In the absorbed form all heads share the values (v_head 0), and head_size is H: see lib/attention_tiles.wgsl.
// Each lane takes every LANES-th group of 8 keys, writes their d, and goes over the same groups again when the sum of
// each query is known.

override LANES: u32 = 8; // 8 or more

struct Params {
  tiles: u32,
  heads: u32,
  head_size: u32,
  keys: u32,
  d_stride: u32,
  d_head: u32,
  v_offset: u32,
  v_stride: u32,
  v_head: u32,
  tiles_at: u32,
  scale: f32,
  summed: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dropped: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> d_out: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> d_sums: array<f32>;
@group(0) @binding(5) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> geometry: array<u32>;
@group(0) @binding(7) var<storage, read> head_scale: array<f32>;
@group(0) @binding(8) var<storage, read_write> d_scores: array<vec4<f32>>;

// Of each lane's keys, by [query, lane]: sum_j dropped * d.
var<workgroup> lane_total: array<f32, QUERIES * LANES>;
// Of all keys, by query: that sum over the head's scale.
var<workgroup> means: array<f32, QUERIES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= params.tiles * params.heads) {
    return;
  }
  let tile = tile_at(index / params.heads);
  let first = index % params.heads * QUERIES;
  let shared_keys = params.v_head == 0;
  let leader = query_at(tile, first, shared_keys);
  if (!leader.real) {
    return;
  }

  var real_query: array<bool, QUERIES>;
  var d_at: array<u32, QUERIES>; // where the query's part of d_out begins, in vec4s
  var row_at: array<u32, QUERIES>; // where its probabilities begin, in vec4s
  var d_sum: array<f32, QUERIES>;
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    real_query[i] = query.real;
    d_at[i] = (query.row * params.d_stride + query.head * params.d_head) / 4;
    row_at[i] = (query.row * params.heads + query.head) * (params.keys / 4);
    if (params.summed > 0) {
      d_sum[i] = d_sums[query.row * params.heads + query.head];
    }
  }

  var total: array<f32, QUERIES>;
  for (var block = 0u; block < tile.key_count; block += 8 * LANES) {
    let first_keys = four(block + 8 * lane);
    let second_keys = first_keys + 4;
    let first_real = first_keys.x < tile.key_count;
    let second_real = second_keys.x < tile.key_count;
    let head_at = params.v_offset + leader.head * params.v_head;
    let first_at = (head_at + tokens_at(tile, first_keys) * params.v_stride) / 4;
    let second_at = (head_at + tokens_at(tile, second_keys) * params.v_stride) / 4;
    // With the first four keys at [query], with the others at [QUERIES + query]. The zeros are written out because
    // naga zeroes a loop's variable once only.
    var sums = array<vec4<f32>, 2 * QUERIES>();
    for (var d = 0u; d < select(0, params.head_size / 4, first_real); d++) {
      let first_values = values_at(first_at + d);
      let second_values = values_at(second_at + d);
      for (var i = 0u; i < QUERIES; i++) {
        let given = d_out[d_at[i] + d];
        sums[i] += given * first_values;
        sums[QUERIES + i] += given * second_values;
      }
    }
    // Past the last key `dropped` is 0, so what that key gave once more does not count.
    for (var i = 0u; i < QUERIES; i++) {
      let at = row_at[i] + first_keys.x / 4;
      if (real_query[i] && first_real) {
        let d = sums[i] + d_sum[i];
        total[i] += dot(dropped[at], d);
        d_scores[at] = d;
      }
      if (real_query[i] && second_real) {
        let d = sums[QUERIES + i] + d_sum[i];
        total[i] += dot(dropped[at + 1], d);
        d_scores[at + 1] = d;
      }
    }
  }

  for (var i = 0u; i < QUERIES; i++) {
    lane_total[i * LANES + lane] = total[i];
  }
  workgroupBarrier();
  if (lane < QUERIES) {
    var sum = 0.0;
    for (var l = 0u; l < LANES; l++) {
      sum += lane_total[lane * LANES + l];
    }
    let scale = head_scale[query_at(tile, first + lane, shared_keys).head];
    means[lane] = sum / select(scale, 1, scale == 0);
  }
  workgroupBarrier();

  for (var group = 8 * lane; group < params.keys; group += 8 * LANES) {
    for (var column = group; column < min(group + 8, params.keys); column += 4) {
      let real = four(column) < vec4<u32>(tile.key_count);
      for (var i = 0u; i < QUERIES; i++) {
        if (real_query[i]) {
          let at = row_at[i] + column / 4;
          let d = params.scale * (dropped[at] * d_scores[at] - p[at] * means[i]);
          d_scores[at] = select(vec4<f32>(0), d, real);
        }
      }
    }
  }
}

// A vec4 of each of four tokens' values.
fn values_at(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(v[at.x], v[at.y], v[at.z], v[at.w]);
}
