// losses[r] = log(sum over c of e^x[r, c]) - x[r, label],  label = labels[r]; 0 if the label is NO_LABEL
//
// With peak = max over c of x[r, c] it is computed as
//   peak - x[r, label] + log1p(sum over c other than label of e^(x[r, c] - peak) + (e^(x[r, label] - peak) - 1)),
// where the last term is 0 if the label has the peak, so that small losses keep their digits.
//
// x: [rows, columns]; labels: [rows]; losses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup.

const NO_LABEL = 0xffffffffu;

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
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
  let label = select(NO_LABEL, labels[min(row, params.rows - 1)], row < params.rows);
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
  if (lane > 0 || row >= params.rows) { return; }
  if (label == NO_LABEL) {
    losses[row] = 0;
    return;
  }
  let own = x[base + label / 4][label % 4];
  let own_power = exp_difference(vec4<f32>(own), peak).x;
  let distance = 2 * min(0.5 * peak - 0.5 * own, -0.5 * LOWEST);
  losses[row] = distance + log1p(vec4<f32>(others + select(own_power - 1, 0, own == peak))).x;
}
