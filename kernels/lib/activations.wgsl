// Activation functions, four columns at a time; joined to the kernels that apply one (matmul, activation).
//
//   gelu      x · Φ(x)                                              Φ(x) = (1 + erf(x / √2)) / 2
//   gelu_new  x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2
//   silu      x · σ(x)                                              σ(x) = 1 / (1 + e^-x)
//
// All three have the form x · P(x) with P(-x) = 1 - P(x), and are computed as  relu(x) - a · P(-a),  a = |x|: the
// second term is even, below 0.3 and fades to nothing, so a may be clamped, no x overflows, and large x come out
// exactly. Every function maps 0 to 0, so padding columns stay zero. A NaN passes through (by `select`, not `max`), so
// that reading unwritten memory shows.

const GELU = 1u;
const GELU_NEW = 2u;
const RELU = 3u;
const SILU = 4u;
const TANH = 5u;

fn activate4(x: vec4<f32>, code: u32) -> vec4<f32> {
  switch code {
    case GELU: { return gelu4(x); }
    case GELU_NEW: { return gelu_new4(x); }
    case RELU: { return relu4(x); }
    case SILU: { return silu4(x); }
    case TANH: { return tanh4(x); }
    default: { return x; }
  }
}

fn relu4(x: vec4<f32>) -> vec4<f32> {
  return select(x, vec4<f32>(0), x < vec4<f32>(0));
}

// Φ(-a) = erfc(a / √2) / 2, by Abramowitz and Stegun 7.1.26 (absolute error of erf below 1.5e-7).
fn gelu4(x: vec4<f32>) -> vec4<f32> {
  let a = min(abs(x), vec4<f32>(10));
  let t = 1 / (1 + 0.23164188 * a); // 0.3275911 / √2
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return relu4(x) - 0.5 * a * p * exp(-0.5 * a * a);
}

// (1 - tanh(u)) / 2 = σ(-2u)
fn gelu_new4(x: vec4<f32>) -> vec4<f32> {
  let a = min(abs(x), vec4<f32>(10));
  let e = exp(-1.5957691 * (a + 0.044715 * a * a * a)); // 2 · √(2/π)
  return relu4(x) - a * e / (1 + e);
}

fn silu4(x: vec4<f32>) -> vec4<f32> {
  let a = min(abs(x), vec4<f32>(80));
  let e = exp(-a);
  return relu4(x) - a * e / (1 + e);
}

// The built-in tanh may overflow in its e^x; here the power fades instead. Below 3e-4, tanh(x) = x to the last bit.
fn tanh4(x: vec4<f32>) -> vec4<f32> {
  let a = abs(x);
  let e = exp(-2 * min(a, vec4<f32>(20)));
  return select(x, sign(x) * (1 - e) / (1 + e), a >= vec4<f32>(3e-4));
}
