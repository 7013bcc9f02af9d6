// out[r, c] = dlosses[r] * (p[r, c] - (1 if c = labels[r], else 0)),  p[r] = softmax(x[r]); zeros if the label is NO_LABEL
//
// For the label's column, p - 1 is computed as -(sum over the other columns of p), so that small gradients keep their
// digits.
//
// x, out: [rows, columns]; labels: [rows]; dlosses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup. The
// powers wait in `out`, of which each lane reads only what it wrote itself.

const NO_LABEL = 0xffffffffu;

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
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
  let scale = dlosses[row] / (others + own);
  for (var i = lane; i < end; i += LANES) {
    let own_column = 4 * i + vec4<u32>(0, 1, 2, 3) == vec4<u32>(label);
    out[base + i] = select(out[base + i], vec4<f32>(-others), own_column) * scale;
  }
}
