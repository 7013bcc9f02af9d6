// out = x, four elements at a time.
//
// x, out: as many vectors. Invocations take every (groups * WORKGROUP)-th.

struct Params {
  groups: u32,
}

override WORKGROUP: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let stride = params.groups * WORKGROUP;
  for (var i = id.x; i < arrayLength(&x); i += stride) {
    out[i] = x[i];
  }
}
