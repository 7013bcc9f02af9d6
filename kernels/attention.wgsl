// Attention of ragged rows to ragged keys by online softmax: no probabilities are stored.
//
//   out[r, a, :] = sum_j p[r, a, j] * v[j, a, :]
//   p[r, a, :]   = softmax_j(score[r, a, :]) * head_scale[a]                 (score: lib/attention_scores.wgsl)
//
// q [rows, heads, head_size], k and v [tokens, heads, head_size], out [rows, heads, head_size], each by its own strides
// geometry   tiles (lib/attention_tiles.wgsl), positions of query rows and of tokens
// distance   [2 * positions - 1, head_size], head_scale [heads]
//
// A workgroup takes the rows of one tile for one head, and the keys in blocks of 4 for each of its LANES lanes (8 or
// more). Lane l scores keys 4l .. 4l+3 of the block, and sums columns 4l .. 4l+3 of a chunk of v; a head longer than a
// chunk has a workgroup for each, which scores anew. Rows without keys come out as zeros.

override LANES: u32 = 16;

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

// e^(score - highest) of the block's keys, 4 by [query, lane]; a number by [query, lane]; the block's highest scores.
var<workgroup> powers: array<vec4<f32>, QUERIES * LANES>;
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
  let chunks = (params.head_size + 4 * LANES - 1) / (4 * LANES);
  let index = group.y * groups.x + group.x;
  if (index >= params.tiles * params.heads * chunks) {
    return;
  }
  let tile = tile_at(index / chunks / params.heads);
  let head = index / chunks % params.heads;
  let column = 4 * (index % chunks * LANES + lane);
  let has_columns = column < params.head_size;

  var queries: Queries;
  for (var i = 0u; i < QUERIES; i++) {
    let row = query_at(tile, head * QUERIES + i, false).row;
    queries.q[i] = (params.q_offset + row * params.q_stride + head * params.q_head) / 4;
    queries.relative[i] = queries.q[i];
    if (RELATIVE > 0) {
      queries.position[i] = geometry[params.query_positions_at + row];
    }
  }

  // Over the blocks so far: the highest score; sum_j e^(score - highest) * v[j]; that of this lane's keys without v.
  var highest: array<f32, QUERIES>;
  var sums: array<vec4<f32>, QUERIES>;
  var totals: array<f32, QUERIES>;
  for (var i = 0u; i < QUERIES; i++) {
    highest[i] = LOWEST;
  }
  for (var block = 0u; block < tile.key_count; block += 4 * LANES) {
    let keys = four(block + 4 * lane);
    let real = keys < vec4<u32>(tile.key_count);
    var block_scores = scores(queries, tokens_at(tile, keys), head, real.x);
    for (var i = 0u; i < QUERIES; i++) {
      block_scores[i] = select(vec4<f32>(LOWEST), block_scores[i], real);
      let pair = max(block_scores[i].xy, block_scores[i].zw);
      partials[i * LANES + lane] = max(pair.x, pair.y);
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
    for (var i = 0u; i < QUERIES; i++) {
      let top = max(highest[i], tops[i]);
      let fade = exp_difference(vec4<f32>(highest[i]), top).x;
      let p = select(vec4<f32>(0), exp_difference(block_scores[i], top), real);
      powers[i * LANES + lane] = p;
      highest[i] = top;
      sums[i] *= fade;
      totals[i] = totals[i] * fade + dot(p, vec4<f32>(1));
    }
    workgroupBarrier();
    let lanes = min(LANES, (tile.key_count - block + 3) / 4);
    for (var l = 0u; l < select(0, lanes, has_columns); l++) {
      let tokens = tokens_at(tile, four(block + 4 * l));
      let at = (params.v_offset + tokens * params.v_stride + head * params.v_head + column) / 4;
      let values = mat4x4<f32>(v[at.x], v[at.y], v[at.z], v[at.w]);
      for (var i = 0u; i < QUERIES; i++) {
        sums[i] += values * powers[i * LANES + l];
      }
    }
  }

  for (var i = 0u; i < QUERIES; i++) {
    partials[i * LANES + lane] = totals[i];
  }
  workgroupBarrier();
  var total: array<f32, QUERIES>;
  for (var l = 0u; l < LANES; l++) {
    for (var i = 0u; i < QUERIES; i++) {
      total[i] += partials[i * LANES + l];
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    if (i < tile.row_count && has_columns) {
      let at = ((tile.row_start + i) * params.out_stride + head * params.out_head + column) / 4;
      // The highest score's own power is 1, so a total below 1 means that there is no key, and a sum of 0.
      out[at] = sums[i] * (head_scale[head] / max(total[i], 1));
    }
  }
}
