// out[r] = LayerNorm(x[r] + residual[r]) * weight + bias, or without the residual; the formula is in lib/normalize.wgsl
//
// x, residual, out: [rows, columns]; weight, bias: [columns]. One row to LANES lanes, ROWS rows to a workgroup.

struct Params {
  rows: u32,
  columns: u32,
  eps: f32,
  residual: u32, // 1: add the residual
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;

fn value(row: u32, i: u32) -> vec4<f32> {
  let at = row * ((params.columns + 3) / 4) + i;
  if (params.residual == 0) { return x[at]; }
  return x[at] + residual[at];
}

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  normalize(row_of(workgroup, workgroups, local.y), local.x, index);
}
