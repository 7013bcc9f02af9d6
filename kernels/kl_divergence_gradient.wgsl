// out[r, c] = dlosses[r] * T * (q[r, c] - p[r, c]),  p[r] = softmax(y[r] / T),  q[r] = softmax(x[r] / T);
// zeros where dlosses is 0, whatever the logits are
//
// With the powers of kernels/lib/distributions.wgsl, and the sum over the columns of their differences,
// q - p = (e^a - e^b - p * (sum of differences)) / (sum of e^a). So small gradients keep their digits.
//
// x, y, out: [rows, columns]; dlosses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup. The differences
// wait in `out`, of which each lane reads only what it wrote itself.

struct Params {
  rows: u32,
  columns: u32,
  temperature: f32, // T
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dlosses: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;

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
  var differences = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let here = exist(i, params.columns);
    let column = column_of(x[base + i], y[base + i], vec2<f32>(peak_x, peak_y), temperature);
    powers_x += select(vec4<f32>(0), column.power_x, here);
    powers_y += select(vec4<f32>(0), column.power_y, here);
    let difference = select(vec4<f32>(0), column.difference, here);
    differences += difference;
    out[base + i] = difference;
  }
  let sum_x = sum_over_lanes(powers_x, lane, index);
  let sum_y = sum_over_lanes(powers_y, lane, index);
  let share = sum_over_lanes(differences, lane, index) / sum_y;
  let dloss = dlosses[min(row, params.rows - 1)];
  let scale = temperature * dloss / sum_x;
  for (var i = lane; i < end; i += LANES) {
    let power_y = exp_difference(scaled(0.5 * y[base + i] - 0.5 * peak_y, temperature), 0);
    let value = scale * (out[base + i] - power_y * share);
    out[base + i] = select(vec4<f32>(0), value, exist(i, params.columns) & vec4<bool>(dloss != 0));
  }
}
