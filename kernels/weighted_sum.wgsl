// out[0] = wa * a[0] + wb * b[0] + wc * c[0]; a term of weight 0 is 0, whatever its number is
//
// a, b, c, out: [1].

struct Params {
  wa: f32,
  wb: f32,
  wc: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(1)
fn main() {
  let weights = vec3<f32>(params.wa, params.wb, params.wc);
  let terms = select(weights * vec3<f32>(a[0], b[0], c[0]), vec3<f32>(0), weights == vec3<f32>(0));
  out[0] = (terms.x + terms.y) + terms.z;
}
