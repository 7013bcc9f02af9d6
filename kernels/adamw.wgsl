// g' = clip * g; m = m + rest1 * (g' - m); v = v + rest2 * (g'^2 - v)
// p = p - decay * p - lr * (m / c1) / (sqrt(v / c2) + eps), elementwise and in place; nothing is written if not ok
//
// p, m, v, g: [rows, columns] of larger matrices (lib/columns.wgsl); state: [2, 4] of step_control, where clip and ok stand
// in row 0, and c1 and c2 in row 1. rest1 and rest2 are 1 - beta1 and 1 - beta2, decay is lr times the weight decay. Padding
// columns of all four hold zeros, and keep them. One vec4 to an invocation.

struct Params {
  rows: u32,
  columns: u32, // a multiple of 4
  at: u32, // first column
  stride: u32,
  lr: f32,
  decay: f32,
  rest1: f32,
  rest2: f32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> state: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> p: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> v: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (index >= vec4s() || state[0].w == 0) { return; }
  let i = place_of(index);
  let gradient = state[0].z * g[i];
  // A beta is 1 - rest to the last bit, which it is not if it is rounded by itself.
  let first = (m[i] - params.rest1 * m[i]) + params.rest1 * gradient;
  let second = (v[i] - params.rest2 * v[i]) + params.rest2 * gradient * gradient;
  let step = first / state[1].y / (sqrt(second / state[1].z) + params.eps);
  m[i] = first;
  v[i] = second;
  p[i] -= params.decay * p[i] + params.lr * step;
}
