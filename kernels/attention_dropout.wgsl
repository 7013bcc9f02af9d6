// Dropout of attention probabilities, with the sums that remain.
//
//   dropped[r, j] = p[r, j] * scale where word(r, j) >= threshold, 0 elsewhere
//   sums[r]       = sum_j dropped[r, j]
//
// p, dropped: [rows, columns], columns a multiple of 4; sums: [rows]. A row is one head of a query row. word(r, j) is word
// i % 2 of philox(seed, stream, i / 2) of lib/philox.wgsl, for element i = r * columns + j, as in dropout.wgsl. With
// threshold = 0 and scale = 1 the bits of p stay as they are. One row to LANES lanes, ROWS rows to a workgroup.

struct Params {
  rows: u32,
  columns: u32,
  seed: u32,
  stream: u32,
  threshold: u32, // rate * 2^32, rounded up
  scale: f32, // 1 / (1 - rate)
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dropped: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let row = row_of(workgroup, workgroups, local.y);
  let lane = local.x;
  let width = params.columns / 4;
  let end = select(0, width, row < params.rows);
  var sum = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let at = row * width + i;
    var value = p[at];
    if (params.threshold > 0) {
      let words = vec4<u32>(
        philox(params.seed, params.stream, 2 * at),
        philox(params.seed, params.stream, 2 * at + 1),
      );
      value = select(vec4<f32>(0), params.scale * value, words >= vec4<u32>(params.threshold));
    }
    dropped[at] = value;
    sum += value;
  }
  let total = sum_over_lanes(sum, lane, index);
  if (lane == 0 && row < params.rows) {
    sums[row] = total;
  }
}
