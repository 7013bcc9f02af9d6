// out[r, g] = sum over c of x[r, g * size + c] * y[at + g * size + c]
//
// x: [rows, columns], its padding zero; y: [any]; out: [rows, groups], tight, with groups = ceil(columns / size). `size`
// and `at` are multiples of 4. One output to an invocation, which adds in order.

struct Params {
  rows: u32,
  columns: u32,
  size: u32, // columns of a group
  at: u32, // first element of y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  let groups = (params.columns + params.size - 1) / params.size;
  if (i >= params.rows * groups) { return; }
  let width = (params.columns + 3) / 4;
  let first = i % groups * (params.size / 4);
  let row = i / groups * width;
  var sum = vec4<f32>();
  for (var c = first; c < min(first + params.size / 4, width); c++) {
    sum += x[row + c] * y[params.at / 4 + c];
  }
  out[i] = (sum.x + sum.y) + (sum.z + sum.w);
}
