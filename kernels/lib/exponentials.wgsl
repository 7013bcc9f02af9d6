// Exponentials and logarithms that neither overflow nor cancel.

// e^(x - peak) for x <= peak. The difference is taken between halves, so that it is finite for all finite x, and is
// held above -100, where the power is nothing (by `select`, which lets a NaN through).
fn exp_difference(x: vec4<f32>, peak: f32) -> vec4<f32> {
  let half = 0.5 * x - 0.5 * peak;
  return exp(2 * select(half, vec4<f32>(-50), half < vec4<f32>(-50)));
}

// log(1 + x) for x >= 0, in relative precision: up to 1 by the series 2 (z + z^3/3 + z^5/5 + ...) in z = x / (2 + x).
fn log1p(x: vec4<f32>) -> vec4<f32> {
  let z = x / (2 + x);
  let s = z * z;
  let series = 2 * z * (1 + s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s * (1.0 / 11))))));
  return select(series, log(1 + x), x > vec4<f32>(1));
}
