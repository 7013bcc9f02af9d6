// Attention of ragged rows to ragged keys by online softmax: no probabilities are stored.
//
//   out[r, a, :] = sum_j p[r, a, j] * v[j, a, :]
//   p[r, a, :]   = softmax_j(score[r, a, :]) * head_scale[a]                 (score: lib/attention_scores.wgsl)
//
// q [rows, heads, head_size], k and v [tokens, heads, head_size], out [rows, heads, head_size], each by its own strides
// geometry   tiles (lib/attention_tiles.wgsl), positions of query rows and of tokens
// distance   [2 * positions - 1, head_size], head_scale [heads]
//
// sums       [rows, heads]: sum_j p[r, a, j], which is head_scale[a], or 0 without keys
//
// A workgroup takes 8 queries (lib/attention_tiles.wgsl) and the keys in blocks of 8 for each of its LANES lanes (8 or
// more). Lane l scores keys 8l .. 8l+7 of the block, and sums columns 8l .. 8l+7 of v, then those 8 * LANES further, and
// so on; what a block adds to a column is added in out itself. In the absorbed form (k_head and v_head 0, head_size H)
// all heads so share each block of the context. Rows without keys come out as zeros.

override LANES: u32 = 8;

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
  v_offset: u32,
  v_stride: u32,
  v_head: u32,
  out_stride: u32,
  out_head: u32,
  tiles_at: u32,
  query_positions_at: u32,
  key_positions_at: u32,
  center: u32,
  scale: f32,
  distance_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> geometry: array<u32>;
@group(0) @binding(5) var<storage, read> distance: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> head_scale: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> sums: array<f32>;

// e^(score - highest) of the block's keys, 4 by [four, query]; a number by [query, lane]; the block's highest scores.
var<workgroup> powers: array<vec4<f32>, 2 * LANES * QUERIES>;
var<workgroup> partials: array<f32, QUERIES * LANES>;
var<workgroup> tops: array<f32, QUERIES>;

fn relative_query(at: u32) -> vec4<f32> {
  return q[at];
}

fn relative_size() -> u32 {
  return params.head_size;
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
  let head = query_at(tile, first, shared_keys).head;
  if (!query_at(tile, first, shared_keys).real) {
    return;
  }

  var queries: Queries;
  var real_query: array<bool, QUERIES>;
  var out_at: array<u32, QUERIES>; // where the query's output begins, in vec4s
  for (var i = 0u; i < QUERIES; i++) {
    let query = query_at(tile, first + i, shared_keys);
    queries.q[i] = (params.q_offset + query.row * params.q_stride + query.head * params.q_head) / 4;
    queries.relative[i] = queries.q[i];
    if (RELATIVE > 0) {
      queries.position[i] = geometry[params.query_positions_at + query.row];
    }
    real_query[i] = query.real;
    out_at[i] = (query.row * params.out_stride + query.head * params.out_head) / 4;
    if (query.real && lane == 0) {
      sums[query.row * params.heads + query.head] = select(0, head_scale[query.head], tile.key_count > 0);
    }
  }

  // Over the blocks so far: the highest score; sum_j e^(score - highest) of this lane's keys.
  var highest: array<f32, QUERIES>;
  var totals: array<f32, QUERIES>;
  for (var i = 0u; i < QUERIES; i++) {
    highest[i] = LOWEST;
  }
  // Without keys one empty block writes the zeros.
  for (var block = 0u; block == 0 || block < tile.key_count; block += 8 * LANES) {
    let first_keys = four(block + 8 * lane);
    let second_keys = first_keys + 4;
    let first_real = first_keys < vec4<u32>(tile.key_count);
    let second_real = second_keys < vec4<u32>(tile.key_count);
    let tokens = array<vec4<u32>, 2>(tokens_at(tile, first_keys), tokens_at(tile, second_keys));
    var block_scores = scores(queries, tokens, head, first_real.x);
    for (var i = 0u; i < QUERIES; i++) {
      block_scores[i] = select(vec4<f32>(LOWEST), block_scores[i], first_real);
      block_scores[QUERIES + i] = select(vec4<f32>(LOWEST), block_scores[QUERIES + i], second_real);
      partials[i * LANES + lane] = highest_of(block_scores[i], block_scores[QUERIES + i]);
    }
    workgroupBarrier();
    if (lane < QUERIES) {
      var top = LOWEST;
      for (var l = 0u; l < LANES; l++) {
        top = max(top, partials[lane * LANES + l]);
      }
      tops[lane] = top;
    }
    workgroupBarrier();
    var fade: array<f32, QUERIES>; // what has become of earlier blocks' powers
    for (var i = 0u; i < QUERIES; i++) {
      let top = max(highest[i], tops[i]);
      fade[i] = exp_difference(vec4<f32>(highest[i]), top).x;
      let first_powers = select(vec4<f32>(0), exp_difference(block_scores[i], top), first_real);
      let second_powers = select(vec4<f32>(0), exp_difference(block_scores[QUERIES + i], top), second_real);
      powers[2 * lane * QUERIES + i] = first_powers;
      powers[(2 * lane + 1) * QUERIES + i] = second_powers;
      highest[i] = top;
      totals[i] = totals[i] * fade[i] + dot(first_powers + second_powers, vec4<f32>(1));
      partials[i * LANES + lane] = totals[i];
    }
    workgroupBarrier();
    var norm: array<f32, QUERIES>; // 1, or at the last block what makes probabilities of powers
    for (var i = 0u; i < QUERIES; i++) {
      norm[i] = 1;
      if (block + 8 * LANES >= tile.key_count) {
        var total = 0.0;
        for (var l = 0u; l < LANES; l++) {
          total += partials[i * LANES + l];
        }
        // The highest score's own power is 1, so a total below 1 means that there is no key, and a sum of 0.
        norm[i] = head_scale[query_at(tile, first + i, shared_keys).head] / select(total, 1, total < 1);
      }
    }
    let fours = min(2 * LANES, (tile.key_count - block + 3) / 4);
    for (var column = 8 * lane; column < params.head_size; column += 8 * LANES) {
      var weighted = array<vec4<f32>, 2 * QUERIES>(); // told to be zero: naga zeroes a loop's variable once only
      for (var l = 0u; l < fours; l++) {
        let values_of = tokens_at(tile, four(block + 4 * l));
        let at = (params.v_offset + values_of * params.v_stride + head * params.v_head + column) / 4;
        let first_values = values_at(at);
        let second_values = values_at(at + 1);
        for (var i = 0u; i < QUERIES; i++) {
          let power = powers[l * QUERIES + i];
          weighted[i] += first_values * power;
          weighted[QUERIES + i] += second_values * power;
        }
      }
      for (var i = 0u; i < QUERIES; i++) {
        if (real_query[i]) {
          add_to_out(out_at[i] + column / 4, weighted[i], fade[i], norm[i], block == 0);
          if (column + 4 < params.head_size) {
            add_to_out(out_at[i] + column / 4 + 1, weighted[QUERIES + i], fade[i], norm[i], block == 0);
          }
        }
      }
    }
  }
}

// A vec4 of each of four tokens' values; past the buffer, whatever is there: nothing comes of columns past the head.
fn values_at(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(v[at.x], v[at.y], v[at.z], v[at.w]);
}

fn add_to_out(at: u32, sum: vec4<f32>, fade: f32, norm: f32, is_first: bool) {
  if (is_first) {
    out[at] = sum * norm;
  } else {
    out[at] = (out[at] * fade + sum) * norm;
  }
}
