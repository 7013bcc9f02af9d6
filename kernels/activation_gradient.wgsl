// out[i] = dy[i] * activation'(x[i]), elementwise
//
// x, dy, out: [count], count a multiple of 4. The functions are in lib/activations.wgsl and lib/rare_activations.wgsl.
//
//   gelu, gelu_new, silu, quick_gelu   x · P(x) has the slope P(x) + x · P'(x)
//   relu, relu2, relu6, leaky_relu     1, 2x, 1 or 1 for x > 0, else 0, or 0.01; of relu6 0 from 6 on
//   tanh                               1 - tanh(x)²
//   mish                               s + x · (1 - s²) · σ(x), s = tanh(ln(1 + e^x))
//   gelu_10                            that of gelu, 0 beyond 10
//   sigmoid, laplace                   σ(x) · σ(-x), φ((x - 0.707107) / 0.282095) / 0.282095
//
// The slopes of the first four sum to 1 at x and -x, since P(-x) = 1 - P(x). They are computed at -a, a = |x|, where
// both terms fade to nothing, so a may be clamped, and no x overflows. Padding columns of dy hold zero, so those of out
// do.

struct Params {
  count: u32, // elements
  activation: u32, // code, as in these
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (i >= params.count / 4) { return; }
  out[i] = dy[i] * slope4(x[i], params.activation);
}

fn slope4(x: vec4<f32>, code: u32) -> vec4<f32> {
  let a = abs(x);
  switch code {
    case GELU: { return of_sign(x, gelu_tail4(min(a, vec4<f32>(10)))); }
    case GELU_NEW: { return of_sign(x, gelu_new_tail4(min(a, vec4<f32>(10)))); }
    case RELU: { return select(vec4<f32>(0), vec4<f32>(1), x > vec4<f32>(0)); }
    case SILU: { return of_sign(x, silu_tail4(min(a, vec4<f32>(80)))); }
    case TANH: { return tanh_slope4(min(a, vec4<f32>(20))); }
    case QUICK_GELU: { return of_sign(x, quick_gelu_tail4(min(a, vec4<f32>(48)))); }
    case RELU2: { return 2 * relu4(x); }
    case RELU6: { return select(vec4<f32>(0), vec4<f32>(1), (x > vec4<f32>(0)) & (x < vec4<f32>(6))); }
    case LEAKY_RELU: { return select(vec4<f32>(0.01), vec4<f32>(1), x > vec4<f32>(0)); }
    case MISH: { return mish_slope4(x); }
    case GELU_10: { return select(of_sign(x, gelu_tail4(min(a, vec4<f32>(10)))), vec4<f32>(0), x > vec4<f32>(10)); }
    case SIGMOID: { return sigmoid_slope4(min(a, vec4<f32>(80))); }
    case LAPLACE: { return laplace_slope4(x); }
    default: { return vec4<f32>(1); }
  }
}

// The slope at x, given that at -|x|.
fn of_sign(x: vec4<f32>, tail: vec4<f32>) -> vec4<f32> {
  return select(tail, 1 - tail, x > vec4<f32>(0));
}

// Φ(-a) - a · φ(a), with Φ(-a) as in lib/activations.wgsl and φ(a) = e^(-a²/2) / √(2π)
fn gelu_tail4(a: vec4<f32>) -> vec4<f32> {
  let t = 1 / (1 + 0.23164188 * a); // 0.3275911 / √2
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return (0.5 * p - 0.3989422804 * a) * exp(-0.5 * a * a);
}

// q - a · q · (1 - q) · 2u', with q = σ(-2u), u = √(2/π) · (a + 0.044715 · a³)
fn gelu_new_tail4(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-1.5957691216 * (a + 0.044715 * a * a * a)); // 2 · √(2/π)
  let q = e / (1 + e);
  return q * (1 - a * (1.5957691216 + 0.2140644484 * a * a) / (1 + e)); // 2 · √(2/π) · 3 · 0.044715
}

// q - a · q · (1 - q), with q = σ(-a)
fn silu_tail4(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-a);
  return e / (1 + e) * (1 - a / (1 + e));
}

// 1 - ((1 - e) / (1 + e))², with e = e^-2a
fn tanh_slope4(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-2 * a);
  return 4 * e / ((1 + e) * (1 + e));
}

// q - a · q · (1 - q) · 1.702, with q = σ(-1.702 · a)
fn quick_gelu_tail4(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-1.702 * a);
  return e / (1 + e) * (1 - 1.702 * a / (1 + e));
}

// With t = e^2x + 2e^x and d = t + 2, as for mish in lib/rare_activations.wgsl: s = t / d, and 1 - s² = 4 (t + 1) / d².
fn mish_slope4(x: vec4<f32>) -> vec4<f32> {
  let e = exp(min(x, vec4<f32>(20)));
  let t = e * (e + 2);
  let d = t + 2;
  let slope = t / d + max(x, vec4<f32>(-80)) * (4 * (t + 1) / d / d) * (e / (1 + e));
  return select(slope, vec4<f32>(1), x > vec4<f32>(20));
}

fn sigmoid_slope4(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-a);
  return e / ((1 + e) * (1 + e));
}

// 1 / (0.282095 · √(2π)) = 1.4142125
fn laplace_slope4(x: vec4<f32>) -> vec4<f32> {
  let z = min(abs(x - 0.707107) / 0.282095, vec4<f32>(20));
  return 1.4142125 * exp(-0.5 * z * z);
}
