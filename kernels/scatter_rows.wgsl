// out[index[r]] = x[r], bit for bit; rows whose index is NO_ROW go nowhere, and rows of out that no index names stay
//
// x: [rows, columns]; index: [rows], no row twice, within out by the caller's check; out: [any, columns].
// One vec4 to an invocation.

const NO_ROW = 0xffffffffu;

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let width = (params.columns + 3) / 4;
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (i >= params.rows * width) { return; }
  let target_row = index[i / width];
  if (target_row != NO_ROW) { out[target_row * width + i % width] = x[i]; }
}
