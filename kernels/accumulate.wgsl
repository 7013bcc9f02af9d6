// out[i] = x[i], or out[i] + x[i] if `keep` is not 0, elementwise and in place
//
// x, out: [count], count a multiple of 4. One vec4 to an invocation. If `keep` is 0, `out` is not read, so that not even a
// NaN there counts.

struct Params {
  count: u32, // elements
  keep: u32, // whether what is in out counts
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
  if (i >= params.count / 4) { return; }
  var sum = x[i];
  if (params.keep > 0) { sum += out[i]; }
  out[i] = sum;
}
