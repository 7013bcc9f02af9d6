// out[i] = activation(x[i]), elementwise
//
// x, out: [count], count a multiple of 4. The functions are in lib/activations.wgsl and lib/rare_activations.wgsl.

struct Params {
  count: u32, // elements
  activation: u32, // code, as in these
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
  out[i] = activate_any4(x[i], params.activation);
}
