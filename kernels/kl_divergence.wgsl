// losses[r] = T^2 * (sum over c of p[r, c] * d[r, c]),  d = log(p / q),  p[r] = softmax(y[r] / T),  q[r] = softmax(x[r] / T)
//
// It is computed as T^2 * (sum over c of p * (d - 1) + q), since the sums of p and of q are 1: these terms are never
// negative. Where |d| < 1/2 the term is p * (d^2/2 - d^3/6 + ...), so that small losses keep their digits.
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
  var powers_x = vec4<f32>(0);
  var powers_y = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let here = exist(i, params.columns);
    let a = scaled_difference(x[base + i], peak_x, temperature);
    let b = scaled_difference(y[base + i], peak_y, temperature);
    powers_x += select(vec4<f32>(0), exp_difference(a, 0), here);
    powers_y += select(vec4<f32>(0), exp_difference(b, 0), here);
  }
  let sum_x = sum_over_lanes(powers_x, lane, index);
  let sum_y = sum_over_lanes(powers_y, lane, index);
  // The peaks have the power 1, so no sum is less.
  let logs = log1p(max(vec4<f32>(sum_x, sum_y, 1, 1) - 1, vec4<f32>(0)));
  var terms = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let a = scaled_difference(x[base + i], peak_x, temperature);
    let b = scaled_difference(y[base + i], peak_y, temperature);
    let p = exp_difference(b, 0) / sum_y;
    let q = exp_difference(a, 0) / sum_x;
    let d = (b - a) + (logs.x - logs.y);
    let term = select(p * (d - 1) + q, p * near(d), abs(d) < vec4<f32>(0.5));
    terms += select(vec4<f32>(0), term, exist(i, params.columns));
  }
  let total = sum_over_lanes(terms, lane, index);
  if (lane > 0 || row >= params.rows) { return; }
  losses[row] = temperature * temperature * total;
}

// d - 1 + e^-d for |d| < 1/2.
fn near(d: vec4<f32>) -> vec4<f32> {
  return 0.5 * d * d * (1 - d / 3 * (1 - d / 4 * (1 - d / 5 * (1 - d / 6 * (1 - d / 7 * (1 - d / 8))))));
}
