// Scores of 8 queries against 4 keys; put after attention_tiles.wgsl, before the kernels that compare queries and keys.
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

// The scores of each query against the keys of `tokens`; zeros, at no cost, for a lane that is not `busy`.
fn scores(queries: Queries, tokens: vec4<u32>, head: u32, busy: bool) -> array<vec4<f32>, QUERIES> {
  let k_at = (params.k_offset + tokens * params.k_stride + head * params.k_head) / 4;
  var sums: array<vec4<f32>, QUERIES>;
  for (var d = 0u; d < select(0, params.head_size / 4, busy); d++) {
    let keys = mat4x4<f32>(k[k_at.x + d], k[k_at.y + d], k[k_at.z + d], k[k_at.w + d]);
    for (var i = 0u; i < QUERIES; i++) {
      sums[i] += q[queries.q[i] + d] * keys;
    }
  }
  if (RELATIVE > 0) {
    let token_at = params.key_positions_at + tokens;
    let positions = vec4<u32>(geometry[token_at.x], geometry[token_at.y], geometry[token_at.z], geometry[token_at.w]);
    for (var d = 0u; d < select(0, relative_size() / 4, busy); d++) {
      for (var i = 0u; i < QUERIES; i++) {
        let at = (queries.position[i] + params.center - positions) * (params.distance_stride / 4) + d;
        let e = mat4x4<f32>(distance[at.x], distance[at.y], distance[at.z], distance[at.w]);
        sums[i] += relative_query(queries.relative[i] + d) * e;
        if (RELATIVE == 2) {
          let x = dot(k[k_at.x + d], e[0]);
          let y = dot(k[k_at.y + d], e[1]);
          let z = dot(k[k_at.z + d], e[2]);
          let w = dot(k[k_at.w + d], e[3]);
          sums[i] += vec4<f32>(x, y, z, w);
        }
      }
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    sums[i] *= params.scale;
  }
  return sums;
}
