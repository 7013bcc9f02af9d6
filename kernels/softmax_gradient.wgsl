// out[r, c] = p[r, c] * (dp[r, c] - sum over j of p[r, j] * dp[r, j])
//
// p: [rows, columns], rows of softmax; dp: [rows, columns], the gradient by them; out: the gradient by what the softmax
// was taken of. One row to LANES lanes, ROWS rows to a workgroup. Padding columns of p hold zero, so those of out do.

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dp: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let row = row_of(workgroup, workgroups, local.y);
  let lane = local.x;
  let width = (params.columns + 3) / 4;
  let end = select(0, width, row < params.rows);
  let base = row * width;
  var sum = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    sum += p[base + i] * dp[base + i];
  }
  let mean = sum_over_lanes(sum, lane, index);
  for (var i = lane; i < end; i += LANES) {
    out[base + i] = p[base + i] * (dp[base + i] - mean);
  }
}
