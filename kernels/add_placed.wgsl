// out[r, at + c] = out[r, at + c] + x[r, c], in place
//
// x: [rows, columns]; out: [rows, *], its rows `stride` elements apart. `at` and `stride` are multiples of 4. One vec4 to
// an invocation. Padding columns of x hold zero, so what they are added to does not change.

struct Params {
  rows: u32,
  columns: u32,
  at: u32, // first column of out
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  let width = (params.columns + 3) / 4;
  if (i >= params.rows * width) { return; }
  out[i / width * (params.stride / 4) + params.at / 4 + i % width] += x[i];
}
