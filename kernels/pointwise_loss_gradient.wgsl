// out[r, c] = dlosses[r] * (the slope of loss(x[r, c], y[r, c]) by x), 0 where dlosses is 0, whatever the slope is
//
//   KIND 0: squared error                      2 (x - y)
//   KIND 1: binary cross-entropy with logits   σ(x) - y, for x > 0 computed as (1 - y) - σ(-x)
//
// x, y, out: [rows, columns]; dlosses: [rows], tight. One vec4 to an invocation.

override KIND: u32;

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dlosses: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;

fn slope4(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  if (KIND == 0) { return 2 * (x - y); }
  let e = exp(-min(abs(x), vec4<f32>(100)));
  let tail = e / (1 + e);
  return select(tail - y, (1 - y) - tail, x > vec4<f32>(0));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let width = (params.columns + 3) / 4;
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (i >= params.rows * width) { return; }
  let exists = 4 * (i % width) + vec4<u32>(0, 1, 2, 3) < vec4<u32>(params.columns);
  let dloss = dlosses[i / width];
  out[i] = select(vec4<f32>(0), dloss * slope4(x[i], y[i]), exists & vec4<bool>(dloss != 0));
}
