// out[i] = e^x, log |x|, sin x, arctan x, 1 / sqrt |x|, x / y, fma(x, y, z), x * y + z, (x, y, z, w) . (w, z, y, x)
//
// v: [count] vectors (x, y, z, w); out: [count, 9]. No formula is written out: the bits are those of the driver.

struct Params {
  count: u32,
}

const RESULTS = 9u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.count) {
    return;
  }
  let at = v[id.x];
  let base = id.x * RESULTS;
  out[base] = exp(at.x);
  out[base + 1] = log(abs(at.x));
  out[base + 2] = sin(at.x);
  out[base + 3] = atan(at.x);
  out[base + 4] = inverseSqrt(abs(at.x));
  out[base + 5] = at.x / at.y;
  out[base + 6] = fma(at.x, at.y, at.z);
  out[base + 7] = at.x * at.y + at.z;
  out[base + 8] = dot(at, at.wzyx);
}
