// Two rows of logits x and y as distributions at a temperature T, compared column by column.

// A column of both rows, in terms of the distances from the rows' peaks, a = (x - peak of x) / T and b of y.
struct Column {
  power_x: vec4<f32>, // e^a
  power_y: vec4<f32>, // e^b
  distance: vec4<f32>, // a - b
  difference: vec4<f32>, // e^a - e^b
}

// Nothing here overflows or cancels: what is close has a difference of the same relative precision as what is not.
fn column_of(x: vec4<f32>, y: vec4<f32>, peaks: vec2<f32>, temperature: f32) -> Column {
  let half_a = 0.5 * x - 0.5 * peaks.x;
  let half_b = 0.5 * y - 0.5 * peaks.y;
  let a = scaled(half_a, temperature);
  let b = scaled(half_b, temperature);
  // Rows that are close column by column: x - y is exact, or nearly so, while a and b are rounded.
  let half_gap = 0.5 * x - 0.5 * y;
  let half_shift = 0.5 * peaks.x - 0.5 * peaks.y;
  let is_small = abs(half_gap) + abs(half_shift) < abs(half_a) + abs(half_b);
  let is_near = abs(a - b) < vec4<f32>(0.5);
  let distance = select(a - b, 2 * (half_gap - half_shift) / temperature, is_near & is_small);
  let power_x = exp_difference(a, 0);
  let power_y = exp_difference(b, 0);
  let difference = select(power_x - power_y, power_y * expm1(distance), is_near);
  return Column(power_x, power_y, distance, difference);
}

// 2 half / temperature for half <= 0, held above -2e37 temperatures, or above -2e37 if that is less (by `select`, which
// lets a NaN through).
fn scaled(half: vec4<f32>, temperature: f32) -> vec4<f32> {
  let lowest = vec4<f32>(-1e37 * min(temperature, 1));
  return 2 * select(half, lowest, half < lowest) / temperature;
}

// e^z - 1 for |z| < 1/2.
fn expm1(z: vec4<f32>) -> vec4<f32> {
  return z * (1 + z / 2 * (1 + z / 3 * (1 + z / 4 * (1 + z / 5 * (1 + z / 6 * (1 + z / 7 * (1 + z / 8)))))));
}
