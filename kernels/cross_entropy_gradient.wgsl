// out[r, c] = w * dlosses[r] * (p[r, c] - s / columns - (1 - s if c = labels[r], else 0)),  p[r] = softmax(x[r]),
//   s = smoothing,  w = weights[r], or 1 without weights; zeros if the label is NO_LABEL or w is 0
//
// For the label's column, p - 1 is computed as -(sum over the other columns of p), so that small gradients keep their
// digits, and s is added.
//
// x, out: [rows, columns]; labels, weights, dlosses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup. The
// powers wait in `out`, of which each lane reads only what it wrote itself.

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
@group(0) @binding(4) var<storage, read> dlosses: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;

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
    let power = select(vec4<f32>(0), exp_difference(x[base + i], peak), other);
    out[base + i] = power;
    sum += power;
  }
  let others = sum_over_lanes(sum, lane, index);
  if (row >= params.rows) { return; }
  if (label == NO_LABEL) {
    for (var i = lane; i < width; i += LANES) {
      out[base + i] = vec4<f32>(0);
    }
    return;
  }
  let own = exp_difference(vec4<f32>(x[base + label / 4][label % 4]), peak).x;
  let dloss = weight * dlosses[row];
  let scale = dloss / (others + own);
  let smoothing = params.smoothing;
  let share = smoothing / f32(params.columns);
  for (var i = lane; i < end; i += LANES) {
    let own_column = 4 * i + vec4<u32>(0, 1, 2, 3) == vec4<u32>(label);
    var gradient = select(out[base + i], vec4<f32>(-others), own_column) * scale;
    if (smoothing > 0) {
      let smoothed = gradient + dloss * select(vec4<f32>(-share), vec4<f32>(smoothing - share), own_column);
      gradient = select(vec4<f32>(0), smoothed, exist(i, params.columns));
    }
    out[base + i] = gradient;
  }
}
