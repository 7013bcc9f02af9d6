// out[r, c] = e^(x[r, c] - peak) / sum over c of e^(x[r, c] - peak),  peak = max over c of x[r, c]
//
// x, out: [rows, columns]. One row to LANES lanes, ROWS rows to a workgroup. The powers wait in `out`, of which each
// lane reads only what it wrote itself.

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

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
  var highest = vec4<f32>(LOWEST);
  for (var i = lane; i < end; i += LANES) {
    highest = max(highest, select(vec4<f32>(LOWEST), x[base + i], exist(i, params.columns)));
  }
  let peak = max_over_lanes(highest, lane, index);
  var sum = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let power = select(vec4<f32>(0), exp_difference(x[base + i], peak), exist(i, params.columns));
    out[base + i] = power;
    sum += power;
  }
  let total = sum_over_lanes(sum, lane, index);
  for (var i = lane; i < end; i += LANES) {
    out[base + i] /= total;
  }
}
