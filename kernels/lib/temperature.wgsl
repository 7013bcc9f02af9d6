// (x - peak) / temperature for x <= peak. The difference is taken between halves, so that it is finite for all finite x,
// and is held above -2e37 temperatures, or above -2e37 if that is less (by `select`, which lets a NaN through).
fn scaled_difference(x: vec4<f32>, peak: f32, temperature: f32) -> vec4<f32> {
  let half = 0.5 * x - 0.5 * peak;
  let lowest = vec4<f32>(-1e37 * min(temperature, 1));
  return 2 * select(half, lowest, half < lowest) / temperature;
}
