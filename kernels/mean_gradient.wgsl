// out[i] = dout[0] / divisor, 0 if the divisor is 0: the gradient of reduce_sum.wgsl by x
//
// dout: [1]; out: [count], padded with zeros to a multiple of 4. One vec4 to an invocation.

struct Params {
  count: u32,
  divisor: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dout: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (i >= (params.count + 3) / 4) { return; }
  let share = select(dout[0] / f32(max(params.divisor, 1)), 0, params.divisor == 0);
  out[i] = select(vec4<f32>(0), vec4<f32>(share), 4 * i + vec4<u32>(0, 1, 2, 3) < vec4<u32>(params.count));
}
