// b = momentum * b + clip * g + decay * p; p = p - lr * b, elementwise and in place; nothing is written if not ok
//
// p, b, g: [rows, columns] of larger matrices (lib/columns.wgsl); state: [2, 4] of step_control, whose row 0 has clip and
// ok. Padding columns of all three hold zeros, and keep them. One vec4 to an invocation.

struct Params {
  rows: u32,
  columns: u32, // a multiple of 4
  at: u32, // first column
  stride: u32,
  lr: f32,
  decay: f32,
  momentum: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> p: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> b: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (index >= vec4s() || state[0].w == 0) { return; }
  let i = place_of(index);
  let next = params.momentum * b[i] + state[0].z * g[i] + params.decay * p[i];
  b[i] = next;
  p[i] -= params.lr * next;
}
