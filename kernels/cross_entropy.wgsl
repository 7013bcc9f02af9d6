// losses[r] = w * (log(sum over c of e^x[r, c]) - (1 - s) * x[r, label] - s * (mean over c of x[r, c])),
//   label = labels[r],  s = smoothing,  w = weights[r], or 1 without weights; 0 if the label is NO_LABEL or w is 0
//
// With peak = max over c of x[r, c] it is w times the sum of three terms, none of which is negative:
//   (1 - s) * (peak - x[r, label]),
//   s * (mean over c of peak - x[r, c]),
//   log1p(sum over c other than label of e^(x[r, c] - peak) + (e^(x[r, label] - peak) - 1)),
// where the last difference is 0 if the label has the peak, so that small losses keep their digits. Without smoothing the
// second term is left out, which may be infinite.
//
// x: [rows, columns]; labels, weights: [rows]; losses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup.

struct Params {
  rows: u32,
  columns: u32,
  smoothing: f32,
  weighted: u32, // 1 if there are weights, else 0
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let row = row_of(workgroup, workgroups, local.y);
  let lane = local.x;
  let weight = weight_of(row);
  let label = label_of(row, weight);
  let width = (params.columns + 3) / 4;
  let end = select(width, 0, label == NO_LABEL);
  let base = row * width;
  var highest = vec4<f32>(LOWEST);
  for (var i = lane; i < end; i += LANES) {
    highest = max(highest, select(vec4<f32>(LOWEST), x[base + i], exist(i, params.columns)));
  }
  let peak = max_over_lanes(highest, lane, index);
  var sum = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let other = exist(i, params.columns) & (4 * i + vec4<u32>(0, 1, 2, 3) != vec4<u32>(label));
    sum += select(vec4<f32>(0), exp_difference(x[base + i], peak), other);
  }
  let others = sum_over_lanes(sum, lane, index);
  var spread = 0.0; // half the mean of peak - x
  if (params.smoothing > 0) {
    let share = 1 / f32(params.columns);
    var parts = vec4<f32>(0);
    for (var i = lane; i < end; i += LANES) {
      parts += select(vec4<f32>(0), share * (0.5 * peak - 0.5 * x[base + i]), exist(i, params.columns));
    }
    spread = sum_over_lanes(parts, lane, index);
  }
  if (lane > 0 || row >= params.rows) { return; }
  if (label == NO_LABEL) {
    losses[row] = 0;
    return;
  }
  let own = x[base + label / 4][label % 4];
  let own_power = exp_difference(vec4<f32>(own), peak).x;
  var distance = finite_double(0.5 * peak - 0.5 * own);
  if (params.smoothing > 0) {
    distance = (1 - params.smoothing) * distance + params.smoothing * finite_double(spread);
  }
  losses[row] = weight * (distance + log1p(vec4<f32>(others + select(own_power - 1, 0, own == peak))).x);
}

// 2 x, or the largest f32 for what is beyond.
fn finite_double(x: f32) -> f32 {
  return 2 * min(x, -0.5 * LOWEST);
}
