// out[i] = a0 + ... + a7, where each a = fma(a, x, x) over and over: eight chains of dependent multiply-adds of four
// elements, so that none waits for the one before, and none may be left out.
//
// out: [groups * WORKGROUP] vectors. CHAINS and ROUNDS of src/kernels/peak/peak_multiply_adds.ts, by which operations are
// counted, are those here.

struct Params {
  groups: u32,
}

override WORKGROUP: u32;

const ROUNDS = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(f32(id.x % 7u) * 1e-3);
  var a0 = x + 0.0;
  var a1 = x + 1.0;
  var a2 = x + 2.0;
  var a3 = x + 3.0;
  var a4 = x + 4.0;
  var a5 = x + 5.0;
  var a6 = x + 6.0;
  var a7 = x + 7.0;
  for (var r = 0u; r < ROUNDS; r++) {
    a0 = fma(a0, x, x);
    a1 = fma(a1, x, x);
    a2 = fma(a2, x, x);
    a3 = fma(a3, x, x);
    a4 = fma(a4, x, x);
    a5 = fma(a5, x, x);
    a6 = fma(a6, x, x);
    a7 = fma(a7, x, x);
  }
  out[id.x] = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7;
}
