// Attention probabilities, stored.
//
//   probabilities[r, a, j] = softmax_j(score[r, a, :]) * head_scale[a]       (score: lib/attention_scores.wgsl)
//   sums[r, a]             = sum_j probabilities[r, a, j], which is head_scale[a], or 0 without keys
//
// q [rows, heads, head_size], k [tokens, heads, head_size], q_relative [rows, heads, relative_size], by own strides
// geometry       tiles (lib/attention_tiles.wgsl), positions of query rows and of tokens
// distance       [2 * positions - 1, relative_size], head_scale [heads]
// probabilities  [rows, heads, keys]: key j of the row's own sequence in column j, zeros past its last key
//
// In the absorbed form all heads share the keys (k_head 0), and head_size is H: see lib/attention_tiles.wgsl.
// Each lane scores every LANES-th group of 8 keys into `probabilities` and goes over the same groups again when the
// highest score and the sum of each query are known.

override LANES: u32 = 8; // 8 or more

struct Params {
  tiles: u32,
  heads: u32,
  head_size: u32,
  q_offset: u32,
  q_stride: u32,
  q_head: u32,
  k_offset: u32,
  k_stride: u32,
  k_head: u32,
  keys: u32,
  tiles_at: u32,
  query_positions_at: u32,
  key_positions_at: u32,
  center: u32,
  scale: f32,
  distance_stride: u32,
  q_relative_offset: u32,
  q_relative_stride: u32,
  q_relative_head: u32,
  relative_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> geometry: array<u32>;
@group(0) @binding(4) var<storage, read> distance: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> head_scale: array<f32>;
@group(0) @binding(6) var<storage, read> q_relative: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> probabilities: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> sums: array<f32>;

// Of each lane's keys, by [query, lane]: the highest score, and sum_j e^(score - highest).
var<workgroup> lane_highest: array<f32, QUERIES * LANES>;
var<workgroup> lane_total: array<f32, QUERIES * LANES>;
// Of all keys: the highest score of each query, and what makes probabilities of powers.
var<workgroup> tops: array<f32, QUERIES>;
var<workgroup> factors: array<f32, QUERIES>;

fn relative_query(at: u32) -> vec4<f32> {
  return q_relative[at];
}

fn relative_size() -> u32 {
  return params.relative_size;
}

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
  let shared_keys = params.k_head == 0;
  let leader = query_at(tile, first, shared_keys);
  if (!leader.real) {
    return;
  }

  var queries: Queries;
  var real_query: array<bool, QUERIES>;
  var row_at: array<u32, QUERIES>; // where the query's probabilities begin, in vec4s
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    queries.q[i] = (params.q_offset + query.row * params.q_stride + query.head * params.q_head) / 4;
    if (RELATIVE > 0) {
      let at = params.q_relative_offset + query.row * params.q_relative_stride + query.head * params.q_relative_head;
      queries.relative[i] = at / 4;
      queries.position[i] = geometry[params.query_positions_at + query.row];
    }
    real_query[i] = query.real;
    row_at[i] = (query.row * params.heads + query.head) * (params.keys / 4);
  }

  var highest: array<f32, QUERIES>;
  var total: array<f32, QUERIES>;
  for (var i = 0u; i < QUERIES; i++) {
    highest[i] = LOWEST;
  }
  for (var block = 0u; block < tile.key_count; block += 8 * LANES) {
    let first_keys = four(block + 8 * lane);
    let second_keys = first_keys + 4;
    let first_real = first_keys < vec4<u32>(tile.key_count);
    let second_real = second_keys < vec4<u32>(tile.key_count);
    let tokens = array<vec4<u32>, 2>(tokens_at(tile, first_keys), tokens_at(tile, second_keys));
    var block_scores = scores(queries, tokens, leader.head, first_real.x);
    for (var i = 0u; i < QUERIES; i++) {
      let first_scores = select(vec4<f32>(LOWEST), block_scores[i], first_real);
      let second_scores = select(vec4<f32>(LOWEST), block_scores[QUERIES + i], second_real);
      let top = max(highest[i], highest_of(first_scores, second_scores));
      let first_powers = select(vec4<f32>(0), exp_difference(first_scores, top), first_real);
      let second_powers = select(vec4<f32>(0), exp_difference(second_scores, top), second_real);
      let fade = exp_difference(vec4<f32>(highest[i]), top).x;
      total[i] = total[i] * fade + dot(first_powers + second_powers, vec4<f32>(1));
      highest[i] = top;
      let at = row_at[i] + first_keys.x / 4;
      if (real_query[i] && first_real.x) {
        probabilities[at] = first_scores;
      }
      if (real_query[i] && second_real.x) {
        probabilities[at + 1] = second_scores;
      }
    }
  }

  for (var i = 0u; i < QUERIES; i++) {
    lane_highest[i * LANES + lane] = highest[i];
    lane_total[i * LANES + lane] = total[i];
  }
  workgroupBarrier();
  if (lane < QUERIES) {
    let query = query_at(tile, first + lane, shared_keys);
    var top = LOWEST;
    for (var l = 0u; l < LANES; l++) {
      top = max(top, lane_highest[lane * LANES + l]);
    }
    var sum = 0.0;
    for (var l = 0u; l < LANES; l++) {
      let at = lane * LANES + l;
      sum += lane_total[at] * exp_difference(vec4<f32>(lane_highest[at]), top).x;
    }
    tops[lane] = top;
    // The highest score's own power is 1, so a sum below 1 means that there is no key.
    factors[lane] = head_scale[query.head] / select(sum, 1, sum < 1);
    if (query.real) {
      sums[query.row * params.heads + query.head] = select(0, head_scale[query.head], tile.key_count > 0);
    }
  }
  workgroupBarrier();

  for (var group = 8 * lane; group < params.keys; group += 8 * LANES) {
    for (var column = group; column < min(group + 8, params.keys); column += 4) {
      let real = four(column) < vec4<u32>(tile.key_count);
      for (var i = 0u; i < QUERIES; i++) {
        if (real_query[i]) {
          let at = row_at[i] + column / 4;
          probabilities[at] = select(vec4<f32>(0), exp_difference(probabilities[at], tops[i]) * factors[i], real);
        }
      }
    }
  }
}
