// losses[r] = T^2 * (sum over c of p[r, c] * d[r, c]),  d = log(p / q),  p[r] = softmax(y[r] / T),  q[r] = softmax(x[r] / T)
//
// It is computed as T^2 * (sum over c of p * (d - 1) + q), since the sums of p and of q are 1: these terms are never
// negative. Where |d| < 1 the term is p * (d^2/2 - d^3/6 + ...). With the powers of kernels/lib/distributions.wgsl and
// D = (sum of e^a) - (sum of e^b), the sum of differences, d = log1p(D / sum of e^b) - (a - b). So small losses keep
// their digits.
//
// x, y: [rows, columns]; losses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup.

struct Params {
  rows: u32,
  columns: u32,
  temperature: f32, // T
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let row = row_of(workgroup, workgroups, local.y);
  let lane = local.x;
  let width = (params.columns + 3) / 4;
  let end = select(0, width, row < params.rows);
  let base = row * width;
  let temperature = params.temperature;
  var highest_x = vec4<f32>(LOWEST);
  var highest_y = vec4<f32>(LOWEST);
  for (var i = lane; i < end; i += LANES) {
    let here = exist(i, params.columns);
    highest_x = max(highest_x, select(vec4<f32>(LOWEST), x[base + i], here));
    highest_y = max(highest_y, select(vec4<f32>(LOWEST), y[base + i], here));
  }
  let peak_x = max_over_lanes(highest_x, lane, index);
  let peak_y = max_over_lanes(highest_y, lane, index);
  let peaks = vec2<f32>(peak_x, peak_y);
  var powers_x = vec4<f32>(0);
  var powers_y = vec4<f32>(0);
  var differences = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let here = exist(i, params.columns);
    let column = column_of(x[base + i], y[base + i], peaks, temperature);
    powers_x += select(vec4<f32>(0), column.power_x, here);
    powers_y += select(vec4<f32>(0), column.power_y, here);
    differences += select(vec4<f32>(0), column.difference, here);
  }
  let sum_x = sum_over_lanes(powers_x, lane, index);
  let sum_y = sum_over_lanes(powers_y, lane, index);
  let difference = sum_over_lanes(differences, lane, index);
  // log(sum_x / sum_y), by the lesser sum.
  let size = log1p(vec4<f32>(abs(difference) / max(min(sum_x, sum_y), 1))).x;
  let log_ratio = select(size, -size, difference < 0);
  var terms = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let column = column_of(x[base + i], y[base + i], peaks, temperature);
    let p = column.power_y / sum_y;
    let d = log_ratio - column.distance;
    let term = select(p * (d - 1) + column.power_x / sum_x, p * near(d), abs(d) < vec4<f32>(1));
    terms += select(vec4<f32>(0), term, exist(i, params.columns));
  }
  let total = sum_over_lanes(terms, lane, index);
  if (lane > 0 || row >= params.rows) { return; }
  losses[row] = temperature * temperature * total;
}

// d - 1 + e^-d for |d| < 1.
fn near(d: vec4<f32>) -> vec4<f32> {
  var series = 1 - d / 11;
  for (var n = 10.0; n > 2; n -= 1) { series = 1 - d / n * series; }
  return 0.5 * d * d * series;
}
