// Scores of 8 queries against 8 keys; put after attention_tiles.wgsl, before the kernels that compare queries and keys.
//
//   score[i, j] = (q[i] · k[j] + relative) * scale
//   relative    = 0                                     RELATIVE 0
//               = q'[i] · e                             RELATIVE 1    e = distance[position[i] - position[j] + center]
//               = q'[i] · e + k[j] · e                  RELATIVE 2
//
// q' is the query that distances are compared with: the including kernel says where it lies (`relative_query`) and how
// long it is (`relative_size`).

override RELATIVE: u32 = 0;

// Below every score; WGSL has no infinity.
const LOWEST = -0x1.fffffep+127f;

// Of 8 queries: where q and q' begin, in vec4s, and the true positions.
struct Queries { q: array<u32, QUERIES>, relative: array<u32, QUERIES>, position: array<u32, QUERIES> }

// Of each query against two fours of keys: with the first at [query], with the second at [QUERIES + query].
alias Scores = array<vec4<f32>, 2 * QUERIES>;

// The scores of each query against the keys of the tokens; zeros, at no cost, for a lane that is not `busy`.
fn scores(queries: Queries, tokens: array<vec4<u32>, 2>, head: u32, busy: bool) -> Scores {
  let head_at = params.k_offset + head * params.k_head;
  let first = (head_at + tokens[0] * params.k_stride) / 4;
  let second = (head_at + tokens[1] * params.k_stride) / 4;
  var sums: Scores;
  for (var d = 0u; d < select(0, params.head_size / 4, busy); d++) {
    let first_keys = keys_at(first + d);
    let second_keys = keys_at(second + d);
    for (var i = 0u; i < QUERIES; i++) {
      let query = q[queries.q[i] + d];
      sums[i] += query * first_keys;
      sums[QUERIES + i] += query * second_keys;
    }
  }
  if (RELATIVE > 0 && busy) {
    for (var i = 0u; i < QUERIES; i++) {
      sums[i] += relative(queries, i, first, tokens[0]);
      sums[QUERIES + i] += relative(queries, i, second, tokens[1]);
    }
  }
  for (var i = 0u; i < 2 * QUERIES; i++) {
    sums[i] *= params.scale;
  }
  return sums;
}

// The relative terms of query `i` with four keys, which begin at the vec4s `at`.
fn relative(queries: Queries, i: u32, at: vec4<u32>, tokens: vec4<u32>) -> vec4<f32> {
  let token_at = params.key_positions_at + tokens;
  let positions = vec4<u32>(geometry[token_at.x], geometry[token_at.y], geometry[token_at.z], geometry[token_at.w]);
  let distance_at = (queries.position[i] + params.center - positions) * (params.distance_stride / 4);
  var sum = vec4<f32>();
  for (var d = 0u; d < relative_size() / 4; d++) {
    let e_at = distance_at + d;
    let e = mat4x4<f32>(distance[e_at.x], distance[e_at.y], distance[e_at.z], distance[e_at.w]);
    sum += relative_query(queries.relative[i] + d) * e;
    if (RELATIVE == 2) {
      let keys = keys_at(at + d);
      sum += vec4<f32>(dot(keys[0], e[0]), dot(keys[1], e[1]), dot(keys[2], e[2]), dot(keys[3], e[3]));
    }
  }
  return sum;
}

// A vec4 of each of four keys.
fn keys_at(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(k[at.x], k[at.y], k[at.z], k[at.w]);
}

// The highest of eight scores.
fn highest_of(first: vec4<f32>, second: vec4<f32>) -> f32 {
  let four = max(first, second);
  let pair = max(four.xy, four.zw);
  return max(pair.x, pair.y);
}
