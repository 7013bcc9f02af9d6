// out[i] = x[i] * scale + residual[i] where word(i) >= threshold, residual[i] elsewhere, elementwise
//
// x, residual, out: [count], count a multiple of 4; without `residual` nothing is added. With threshold = 0 and scale = 1
// the bits of x stay as they are. word(i) = philox(seed, stream, i / 2)[i % 2] of lib/philox.wgsl, where i counts the
// elements as they lie, padding columns among them. These hold zeros in x and residual, so they do in out. One vec4 to an
// invocation.

struct Params {
  count: u32, // elements
  seed: u32,
  stream: u32,
  threshold: u32, // rate * 2^32, rounded up
  scale: f32, // 1 / (1 - rate)
  residual: u32, // 1 if there is one
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (i >= params.count / 4) { return; }
  var value = x[i];
  if (params.threshold > 0) {
    let words = vec4<u32>(
      philox(params.seed, params.stream, 2 * i),
      philox(params.seed, params.stream, 2 * i + 1),
    );
    value = select(vec4<f32>(), params.scale * value, words >= vec4<u32>(params.threshold));
  }
  if (params.residual > 0) { value += residual[i]; }
  out[i] = value;
}
