// out[r] = x[index[r]], bit for bit; a row of zeros if index[r] is NO_ROW
//
// x: [any, columns]; index: [rows], within x by the caller's check; out: [rows, columns]. One vec4 to an invocation.

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
  let source = index[i / width];
  if (source == NO_ROW) {
    out[i] = vec4<u32>(0);
  } else {
    out[i] = x[source * width + i % width];
  }
}
