// out[r, g * size + c] = x[r, g * size + c] * scale[r, g]
//
// x, out: [rows, columns]; scale: [rows, groups], tight, with groups = ceil(columns / size). `size` is a multiple of 4.
// One vec4 to an invocation.

struct Params {
  rows: u32,
  columns: u32,
  size: u32, // columns of a group
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  let width = (params.columns + 3) / 4;
  let groups = (params.columns + params.size - 1) / params.size;
  if (i >= params.rows * width) { return; }
  out[i] = x[i] * scale[i / width * groups + 4 * (i % width) / params.size];
}
