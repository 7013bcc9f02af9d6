// Activation functions that few models have, joined to the kernels of activations alone, behind lib/activations.wgsl.
//
//   quick_gelu  x · σ(1.702 · x)              as gelu in lib/activations.wgsl
//   relu2       relu(x)²
//   relu6       relu(x), at most 6
//   leaky_relu  x, or 0.01 · x below 0
//   mish        x · tanh(ln(1 + e^x))
//   gelu_10     gelu(x), at most 10
//   sigmoid     σ(x) = 1 / (1 + e^-x)
//   laplace     Φ((x - 0.707107) / 0.282095)
//
// The last two do not map 0 to 0: rows must have no padding columns. An infinity passes through them, as a NaN
// does.

const QUICK_GELU = 6u;
const RELU2 = 7u;
const RELU6 = 8u;
const LEAKY_RELU = 9u;
const MISH = 10u;
const GELU_10 = 11u;
const SIGMOID = 12u;
const LAPLACE = 13u;

fn activate_any4(x: vec4<f32>, code: u32) -> vec4<f32> {
  switch code {
    case QUICK_GELU: { return quick_gelu4(x); }
    case RELU2: { return relu4(x) * relu4(x); }
    case RELU6: { return at_most4(relu4(x), 6); }
    case LEAKY_RELU: { return select(x, 0.01 * x, x < vec4<f32>(0)); }
    case MISH: { return mish4(x); }
    case GELU_10: { return at_most4(gelu4(x), 10); }
    case SIGMOID: { return sound4(x, sigmoid4(x)); }
    case LAPLACE: { return sound4(x, laplace4(x)); }
    default: { return activate4(x, code); }
  }
}

// By `select`, as `min` may lose a NaN.
fn at_most4(x: vec4<f32>, most: f32) -> vec4<f32> {
  return select(x, vec4<f32>(most), x > vec4<f32>(most));
}

// The result for x, or x itself if it is none that can be.
fn sound4(x: vec4<f32>, result: vec4<f32>) -> vec4<f32> {
  return select(x, result, abs(x) <= vec4<f32>(3.4e38));
}

fn quick_gelu4(x: vec4<f32>) -> vec4<f32> {
  let a = min(abs(x), vec4<f32>(48));
  let e = exp(-1.702 * a);
  return relu4(x) - a * e / (1 + e);
}

// tanh(ln(1 + e)) = t / (t + 2), with t = e² + 2e; 1 to the last bit from 20 on
fn mish4(x: vec4<f32>) -> vec4<f32> {
  let e = exp(min(x, vec4<f32>(20)));
  let t = e * (e + 2);
  return x * select(t / (t + 2), vec4<f32>(1), x > vec4<f32>(20));
}

fn sigmoid4(x: vec4<f32>) -> vec4<f32> {
  let e = exp(-min(abs(x), vec4<f32>(80)));
  return select(e, vec4<f32>(1), x > vec4<f32>(0)) / (1 + e);
}

// Φ(-a) as for gelu in lib/activations.wgsl
fn laplace4(x: vec4<f32>) -> vec4<f32> {
  let z = (x - 0.707107) / 0.282095;
  let a = min(abs(z), vec4<f32>(10));
  let t = 1 / (1 + 0.23164188 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = 0.5 * p * exp(-0.5 * a * a);
  return select(tail, 1 - tail, z > vec4<f32>(0));
}
